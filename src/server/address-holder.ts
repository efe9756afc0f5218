import { once } from "node:events";
import { createServer } from "node:net";
import { basename } from "node:path";
import { CallFailure } from "../client/call-failure.js";
import { RillClient } from "../client/rill-client.js";
import type { AddressInUse } from "../machine/address-in-use.js";
import { findListenerOnPort, findListenerOnSocket, type ListeningProcess } from "../machine/listening-process.js";
import { parseAddress, parseSocketAddress, reachableFromHere } from "../machine/address.js";
import { formatListenAddress, type ListenAddress } from "../machine/listen-address.js";
import type { Config } from "../settings/config.js";
import { printableText } from "../telemetry/log-text.js";

/** The time that a server at the address has to say whether it is a Rill. */
const ANSWER_LIMIT_MS = 1_000;
/** The most characters of a command line that are shown. */
const MAX_COMMAND_CHARACTERS = 120;

/**
 * Explains in lines for people which process holds an address that this server was to listen on, as far as the system tells, and how to choose another
 * address. It asks the server at the address whether it is a Rill.
 *
 * @param serveCommand the words that start this program's server, such as `npm start --`
 */
export async function explainAddressInUse(
  { address }: AddressInUse,
  config: Pick<Config, "listen" | "healthListen" | "adminListen">,
  serveCommand: string,
): Promise<string> {
  const listen = config.listen.find((one) => one.address === address);
  const admin = config.adminListen === "off" ? undefined : config.adminListen;
  const isHealth = address === config.healthListen;
  const holder = holderOf(address);
  const server = listen === undefined ? undefined : await askServer(listen);
  const isRill = server !== undefined || (holder !== undefined && isServing(holder));
  const name = isRill ? `Another Rill${server?.version === undefined ? "" : ` ${server.version}`}` : undefined;
  const flags = [
    ...(listen === undefined ? [] : [`--listen ${anotherAddress(listen)}`]),
    ...(isHealth ? [`--health-listen ${anotherAddress({ security: "plaintext", address })}`] : []),
    ...(admin !== undefined && (admin.address === address || (await isTaken(admin.address)))
      ? [`--admin-listen ${anotherAddress(admin)}`]
      : []),
  ];
  const port = parseSocketAddress(address) === undefined ? " (port 0 takes any free one)" : "";
  return [
    ...holderLines(holder, name),
    ...(isRill && holder !== undefined ? [`To end it: kill ${holder.processId}`] : []),
    `To serve elsewhere: ${serveCommand} ${flags.join(" ")}${port}`,
  ]
    .map((line) => `  ${printableText(line)}\n`)
    .join("");
}

function holderLines(holder: ListeningProcess | undefined, rill: string | undefined): readonly string[] {
  if (holder === undefined) return [`${rill ?? "A process that the system does not tell"} listens there.`];
  const { processId, name, command } = holder;
  const words = command.join(" ");
  const shown = words.length > MAX_COMMAND_CHARACTERS ? `${words.slice(0, MAX_COMMAND_CHARACTERS)}…` : words;
  return [`${rill ?? name} listens there: process ${processId}${shown === "" ? "" : `, ${shown}`}`];
}

function holderOf(address: string): ListeningProcess | undefined {
  const socket = parseSocketAddress(address);
  if (socket !== undefined) return findListenerOnSocket(socket.socketPath);
  const parsed = parseAddress(address);
  return parsed === undefined ? undefined : findListenerOnPort(parsed.host, parsed.port);
}

/** Whether a command line starts a Rill that serves. */
function isServing({ command }: ListeningProcess): boolean {
  const program = command.findIndex((word) => ["rill", "launcher.cjs"].includes(basename(word)));
  return program >= 0 && command[program + 1] === "serve";
}

interface FoundServer {
  /** The version of the server, or undefined if it refuses to say. */
  readonly version: string | undefined;
}

/**
 * Asks for the version of the Rill at an address. Returns undefined if no Rill answers, or if it would have to be asked with a certificate: the port of
 * another server is not asked without one.
 */
async function askServer({ security, address }: ListenAddress): Promise<FoundServer | undefined> {
  if (security !== "plaintext") return undefined;
  using client = await RillClient.open({
    address: reachableFromHere(address),
    useProxy: false,
    security: undefined,
    token: undefined,
  });
  const call = { signal: new AbortController().signal, deadlineMs: ANSWER_LIMIT_MS };
  try {
    const { serverInfo } = await client.unary("rill.v1.ServerService/GetServerInfo", {}, call);
    const { version } = (serverInfo ?? {}) as { readonly version?: string };
    return { version };
  } catch (error) {
    // Every refusal of a Rill has a reason, and no other server has ours.
    return error instanceof CallFailure && error.reason !== undefined ? { version: undefined } : undefined;
  }
}

/** The form of another address of the same kind. */
function anotherAddress({ security, address }: ListenAddress): string {
  if (parseSocketAddress(address) !== undefined) return "unix:PATH";
  return formatListenAddress({ security, address: address.replace(/:\d+$/, ":PORT") });
}

/** Whether another process listens on a TCP address. */
async function isTaken(address: string): Promise<boolean> {
  const parsed = parseAddress(address);
  if (parsed === undefined) return false;
  const server = createServer();
  try {
    await once(server.listen(parsed.port, parsed.host), "listening");
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EADDRINUSE";
  } finally {
    server.close();
  }
}
