import { resolve } from "node:path";
import {
  formatAddress,
  formatSocketAddress,
  parseAddress,
  parseSocketAddress,
  type SocketAddress,
} from "../settings/address.js";

const EVERY_INTERFACE = new Set(["0.0.0.0", "::"]);

/** The facts of a server that is ready. */
export interface ReadyFacts {
  /** The bound `host:port`, or `unix:path`. */
  readonly address: string;
  readonly adminAddress: string | undefined;
  readonly modelName: string;
}

/** The text for the person at the terminal when the server is ready. It shows a call that works as printed on the same machine. */
export function announcement({ address, adminAddress, modelName }: ReadyFacts): string {
  const lines = [
    `serving ${modelName} on ${address}; try:`,
    "",
    `  grpcurl -plaintext ${grpcurlTarget(address)} rill.v1.GenerationService/GenerateStream`,
    "",
    ...(adminAddress === undefined ? [] : [`metrics: http://${reachableFromHere(adminAddress)}/metrics`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** The flags, the request and the address on grpcurl's command line. */
function grpcurlTarget(address: string): string {
  const request = `-d '{"prompt":"Once upon a time"}'`;
  const socket = parseSocketAddress(address);
  if (socket === undefined) return `${request} ${reachableFromHere(address)}`;
  return `-unix ${request} ${shellWord(socketPathFromAnywhere(socket))}`;
}

/** The absolute path of a socket, or the path as given if the absolute one is too long. */
function socketPathFromAnywhere({ socketPath }: SocketAddress): string {
  const absolute = resolve(socketPath);
  return parseSocketAddress(formatSocketAddress({ socketPath: absolute })) === undefined ? socketPath : absolute;
}

/** Quotes a text if a shell would interpret it. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** An address that works on this machine: localhost if the server listens on every interface. */
function reachableFromHere(address: string): string {
  const parsed = parseAddress(address);
  return parsed !== undefined && EVERY_INTERFACE.has(parsed.host)
    ? formatAddress({ host: "localhost", port: parsed.port })
    : address;
}
