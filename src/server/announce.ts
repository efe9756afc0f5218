import { resolve } from "node:path";
import {
  formatSocketAddress,
  parseAddress,
  parseSocketAddress,
  reachableFromHere,
  type SocketAddress,
} from "../machine/address.js";
import { formatListenAddress, type ListenAddress } from "../machine/listen-address.js";
import { SERVER_SETTINGS } from "../settings/server-settings.js";
import type { TrustHints } from "../tls/trust-hints.js";
import { shellWord } from "../settings/shell-word.js";

/** The address that commands call if they are given none. */
const [DEFAULT_LISTEN] = SERVER_SETTINGS.listen.default;
const PROMPT = "Once upon a time";
/** The order in which the addresses suit a call from this machine. */
const BEST_FIRST: readonly ListenAddress["security"][] = ["plaintext", "tls", "mtls"];

/** The facts of a server that is ready. */
export interface ReadyFacts {
  /** The bound addresses. */
  readonly addresses: readonly ListenAddress[];
  readonly adminAddress: ListenAddress | undefined;
  readonly modelName: string;
  /** The facts that a caller on this machine needs to trust the server, or undefined if no address has TLS. */
  readonly trust: TrustHints | undefined;
  /** The words that call the program, such as `npx rill`. */
  readonly program: string;
  /** The place and the form of the log. */
  readonly logPlace: string;
}

/** The text for the person at the terminal when the server is ready. It shows two calls that work as printed on the same machine. */
export function announcement({ addresses, adminAddress, modelName, trust, program, logPlace }: ReadyFacts): string {
  const best = BEST_FIRST.flatMap((security) => addresses.filter((address) => address.security === security))[0];
  const calls =
    best === undefined
      ? []
      : [
          `  ${program} generate ${generateTarget(best, trust)}"${PROMPT}"`,
          "",
          "or with grpcurl:",
          "",
          `  grpcurl ${grpcurlTarget(best, trust)} rill.v1.GenerationService/GenerateStream`,
        ];
  const lines = [
    `serving ${modelName} on ${addresses.map(formatListenAddress).join(" and ")}; try in another terminal:`,
    "",
    ...calls,
    "",
    ...(adminAddress === undefined ? [] : [`metrics: ${metricsOf(adminAddress)}`]),
    `log: ${logPlace}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function metricsOf({ security, address }: ListenAddress): string {
  return `${security === "plaintext" ? "http" : "https"}://${reachableFromHere(address)}/metrics`;
}

/** The flags with the address for `rill generate`, with a space behind them, or nothing if the command calls that address by itself. */
function generateTarget({ security, address }: ListenAddress, trust: TrustHints | undefined): string {
  const socket = parseSocketAddress(address);
  const target =
    socket === undefined
      ? reachableFromHere(address)
      : formatSocketAddress({ socketPath: socketPathFromAnywhere(socket) });
  const flags = [
    ...(target === DEFAULT_LISTEN?.address ? [] : [`--address ${shellWord(target)}`]),
    ...(security === "plaintext" ? [] : ["--tls"]),
    ...(security === "plaintext" ? [] : trustFlags(target, trust, { ca: "--ca", name: "--server-name" })),
    ...(security === "mtls" ? ["--cert CERTIFICATE --key KEY"] : []),
  ];
  return flags.map((flag) => `${flag} `).join("");
}

/** The flags, the request and the address on grpcurl's command line. */
function grpcurlTarget({ security, address }: ListenAddress, trust: TrustHints | undefined): string {
  const request = `-d '${JSON.stringify({ prompt: PROMPT })}'`;
  const socket = parseSocketAddress(address);
  if (socket !== undefined) return `-plaintext -unix ${request} ${shellWord(socketPathFromAnywhere(socket))}`;
  const target = reachableFromHere(address);
  if (security === "plaintext") return `-plaintext ${request} ${target}`;
  const flags = [
    ...trustFlags(target, trust, { ca: "-cacert", name: "-authority" }),
    ...(security === "mtls" ? ["-cert CERTIFICATE -key KEY"] : []),
  ];
  return [...flags, request, target].join(" ");
}

/** The flags with the authority and the name of the server, each only if the caller needs it. */
function trustFlags(
  target: string,
  trust: TrustHints | undefined,
  flags: { readonly ca: string; readonly name: string },
): readonly string[] {
  const host = parseAddress(target)?.host ?? "";
  const name = trust?.nameFor(host);
  return [
    ...(trust?.authorities === undefined ? [] : [`${flags.ca} ${shellWord(resolve(trust.authorities))}`]),
    ...(name === undefined ? [] : [`${flags.name} ${name}`]),
  ];
}

/** The absolute path of a socket, or the path as given if the absolute one is too long. */
function socketPathFromAnywhere({ socketPath }: SocketAddress): string {
  const absolute = resolve(socketPath);
  return parseSocketAddress(formatSocketAddress({ socketPath: absolute })) === undefined ? socketPath : absolute;
}
