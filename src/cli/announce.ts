import { formatAddress, parseAddress } from "./address.js";

const EVERY_INTERFACE = new Set(["0.0.0.0", "::"]);

export interface Announced {
  /** The bound host:port. */
  readonly address: string;
  readonly adminAddress: string | undefined;
  readonly modelName: string;
}

/** What a person at the terminal is told once calls are served: the call to try, which works as printed on the same machine. */
export function announcement({ address, adminAddress, modelName }: Announced): string {
  const target = reachableFromHere(address);
  const lines = [
    `serving ${modelName} on ${address}; try:`,
    "",
    `  grpcurl -plaintext -d '{"prompt":"Once upon a time"}' ${target} rill.v1.GenerationService/GenerateStream`,
    "",
    ...(adminAddress === undefined ? [] : [`metrics: http://${reachableFromHere(adminAddress)}/metrics`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** A server that listens on every interface is reached by name here. */
function reachableFromHere(address: string): string {
  const parsed = parseAddress(address);
  return parsed !== undefined && EVERY_INTERFACE.has(parsed.host)
    ? formatAddress({ host: "localhost", port: parsed.port })
    : address;
}
