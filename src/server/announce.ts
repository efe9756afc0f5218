import { resolve } from "node:path";
import { formatSocketAddress, parseSocketAddress, reachableFromHere, type SocketAddress } from "../machine/address.js";
import { SERVER_SETTINGS } from "../settings/server-settings.js";
import { shellWord } from "../settings/shell-word.js";

/** The address that commands call if they are given none. */
const DEFAULT_ADDRESS = SERVER_SETTINGS.listen.default;
const PROMPT = "Once upon a time";

/** The facts of a server that is ready. */
export interface ReadyFacts {
  /** The bound `host:port`, or `unix:path`. */
  readonly address: string;
  readonly adminAddress: string | undefined;
  readonly modelName: string;
  /** The words that call the program, such as `npx rill`. */
  readonly program: string;
  /** The place and the form of the log. */
  readonly logPlace: string;
}

/** The text for the person at the terminal when the server is ready. It shows two calls that work as printed on the same machine. */
export function announcement({ address, adminAddress, modelName, program, logPlace }: ReadyFacts): string {
  const lines = [
    `serving ${modelName} on ${address}; try in another terminal:`,
    "",
    `  ${program} generate ${generateTarget(address)}"${PROMPT}"`,
    "",
    "or with grpcurl:",
    "",
    `  grpcurl -plaintext ${grpcurlTarget(address)} rill.v1.GenerationService/GenerateStream`,
    "",
    ...(adminAddress === undefined ? [] : [`metrics: http://${reachableFromHere(adminAddress)}/metrics`]),
    `log: ${logPlace}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** The flag with the address for `rill generate`, with a space behind it, or nothing if the command calls that address by itself. */
function generateTarget(address: string): string {
  const socket = parseSocketAddress(address);
  const target =
    socket === undefined
      ? reachableFromHere(address)
      : formatSocketAddress({ socketPath: socketPathFromAnywhere(socket) });
  return target === DEFAULT_ADDRESS ? "" : `--address ${shellWord(target)} `;
}

/** The flags, the request and the address on grpcurl's command line. */
function grpcurlTarget(address: string): string {
  const request = `-d '${JSON.stringify({ prompt: PROMPT })}'`;
  const socket = parseSocketAddress(address);
  if (socket === undefined) return `${request} ${reachableFromHere(address)}`;
  return `-unix ${request} ${shellWord(socketPathFromAnywhere(socket))}`;
}

/** The absolute path of a socket, or the path as given if the absolute one is too long. */
function socketPathFromAnywhere({ socketPath }: SocketAddress): string {
  const absolute = resolve(socketPath);
  return parseSocketAddress(formatSocketAddress({ socketPath: absolute })) === undefined ? socketPath : absolute;
}
