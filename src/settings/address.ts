import { isIPv4, isIPv6 } from "node:net";

/** The longest path of a Unix socket: the system's room for its address, less the NUL at the end. */
export const MAX_SOCKET_PATH_BYTES = process.platform === "linux" ? 107 : 103;

/** A Unix socket, by the path of its file as given: it may be relative. */
export interface SocketAddress {
  readonly socketPath: string;
}

/** A TCP address as given: nothing was resolved. */
export interface Address {
  /** A name or a number; an IPv6 number without brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

const HOST_AND_PORT = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?)):(\d{1,5})$/;

/** "127.0.0.1:50051", "localhost:0" or "[::1]:50051"; undefined for all else. */
export function parseAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits] = HOST_AND_PORT.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  // What is all digits and dots but no IPv4 number would go to a resolver as a name.
  if (plain === undefined || (/^[\d.]+$/.test(plain) && !isIPv4(plain))) return undefined;
  return { host: plain, port };
}

/**
 * "unix:/run/rill.sock", "unix:///run/rill.sock" or "unix:rill.sock", as gRPC writes them; undefined for all else, for a path that is too long, and on
 * Windows.
 */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  if (process.platform === "win32") return undefined;
  // Two slashes begin a host name, which a socket has not: only an empty one may stand there.
  const [, absolute, plain] = /^unix:(?:\/\/(\/.*)|(?!\/\/)(.+))$/.exec(text) ?? [];
  const socketPath = absolute ?? plain;
  if (socketPath === undefined || socketPath.includes("\0") || socketPath.endsWith("/")) return undefined;
  return Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES ? undefined : { socketPath };
}

/** The text that `parseSocketAddress` reads. */
export function formatSocketAddress({ socketPath }: SocketAddress): string {
  return `unix:${socketPath}`;
}

/** A name without a port, such as "rill.example.com"; undefined for all else. */
export function parseHostName(text: string): string | undefined {
  return /^[0-9A-Za-z](?:[0-9A-Za-z._-]{0,251}[0-9A-Za-z])?$/.test(text) ? text : undefined;
}

/** The text that `parseAddress` reads. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine can reach it. A name other than localhost may stand for anything, so it does not count. */
export function isLoopback({ host }: Address): boolean {
  return host === "localhost" || (isIPv4(host) && host.startsWith("127.")) || isIPv6Loopback(host);
}

function isIPv6Loopback(host: string): boolean {
  // The URL parser writes every spelling of an IPv6 number in its shortest form.
  return isIPv6(host) && new URL(`http://[${host}]`).hostname === "[::1]";
}
