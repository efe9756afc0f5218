import { isIPv4, isIPv6 } from "node:net";

/** The longest path of a Unix socket. The system's address structure bounds it, and its last byte is a NUL. */
export const MAX_SOCKET_PATH_BYTES = process.platform === "linux" ? 107 : 103;

/** A Unix socket, named by the path of its file as given. The path may be relative. */
export interface SocketAddress {
  readonly socketPath: string;
}

/** A TCP address as given. No name has been resolved. */
export interface Address {
  /** A name, or an IP address; an IPv6 address has no brackets. */
  readonly host: string;
  /** The port, or 0 for any free one. */
  readonly port: number;
}

const HOST_AND_PORT = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?)):(\d{1,5})$/;

/** Parses "127.0.0.1:50051", "localhost:0" or "[::1]:50051". Returns undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits] = HOST_AND_PORT.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  // A resolver would take digits and dots that are no IPv4 address for a name.
  if (plain === undefined || (/^[\d.]+$/.test(plain) && !isIPv4(plain))) return undefined;
  return { host: plain, port };
}

/**
 * Parses "unix:/run/rill.sock", "unix:///run/rill.sock" or "unix:rill.sock", as gRPC writes them. Returns undefined for anything else, for a path that is
 * too long, and on Windows.
 */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  if (process.platform === "win32") return undefined;
  // Two slashes begin a host name. A socket has none, so the host name must be empty.
  const [, absolute, plain] = /^unix:(?:\/\/(\/.*)|(?!\/\/)(.+))$/.exec(text) ?? [];
  const socketPath = absolute ?? plain;
  if (socketPath === undefined || socketPath.includes("\0") || socketPath.endsWith("/")) return undefined;
  return Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES ? undefined : { socketPath };
}

/** Formats a socket so that `parseSocketAddress` reads it back. */
export function formatSocketAddress({ socketPath }: SocketAddress): string {
  return `unix:${socketPath}`;
}

/** Parses a host name without a port, such as "rill.example.com". Returns undefined for anything else. */
export function parseHostName(text: string): string | undefined {
  return /^[0-9A-Za-z](?:[0-9A-Za-z._-]{0,251}[0-9A-Za-z])?$/.test(text) ? text : undefined;
}

/** Formats an address so that `parseAddress` reads it back. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const EVERY_INTERFACE = new Set(["0.0.0.0", "::"]);

/** An address that works on this machine: localhost if the server listens on every interface. */
export function reachableFromHere(address: string): string {
  const parsed = parseAddress(address);
  return parsed !== undefined && EVERY_INTERFACE.has(parsed.host)
    ? formatAddress({ host: "localhost", port: parsed.port })
    : address;
}

/** Whether only this machine can reach the address. Only localhost counts among names, because any other name may resolve to anything. */
export function isLoopback({ host }: Address): boolean {
  return host === "localhost" || (isIPv4(host) && host.startsWith("127.")) || isIPv6Loopback(host);
}

function isIPv6Loopback(host: string): boolean {
  // The URL parser writes every spelling of an IPv6 address in its shortest form.
  return isIPv6(host) && new URL(`http://[${host}]`).hostname === "[::1]";
}

/** Parses the origin of a web server without a path, such as "https://hub.example". Returns undefined for anything else. */
export function parseOrigin(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  return isOrigin ? url.origin : undefined;
}
