import { resolve } from "node:path";
import {
  formatAddress,
  formatSocketAddress,
  parseAddress,
  parseSocketAddress,
  type SocketAddress,
} from "../settings/address.js";

const EVERY_INTERFACE = new Set(["0.0.0.0", "::"]);

export interface Announced {
  /** The bound `host:port`, or `unix:path`. */
  readonly address: string;
  readonly adminAddress: string | undefined;
  readonly modelName: string;
}

/** What a person at the terminal is told once calls are served: the call to try, which works as printed on the same machine. */
export function announcement({ address, adminAddress, modelName }: Announced): string {
  const lines = [
    `serving ${modelName} on ${address}; try:`,
    "",
    `  grpcurl -plaintext ${grpcurlTarget(address)} rill.v1.GenerationService/GenerateStream`,
    "",
    ...(adminAddress === undefined ? [] : [`metrics: http://${reachableFromHere(adminAddress)}/metrics`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** What follows in grpcurl's command line: its flags, the request and where to. */
function grpcurlTarget(address: string): string {
  const request = `-d '{"prompt":"Once upon a time"}'`;
  const socket = parseSocketAddress(address);
  if (socket === undefined) return `${request} ${reachableFromHere(address)}`;
  return `-unix ${request} ${shellWord(socketPathFromAnywhere(socket))}`;
}

/** The absolute path, unless that is too long for a socket. */
function socketPathFromAnywhere({ socketPath }: SocketAddress): string {
  const absolute = resolve(socketPath);
  return parseSocketAddress(formatSocketAddress({ socketPath: absolute })) === undefined ? socketPath : absolute;
}

/** In quotes where a shell would not take it as it is. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A server that listens on every interface is reached by name here. */
function reachableFromHere(address: string): string {
  const parsed = parseAddress(address);
  return parsed !== undefined && EVERY_INTERFACE.has(parsed.host)
    ? formatAddress({ host: "localhost", port: parsed.port })
    : address;
}
