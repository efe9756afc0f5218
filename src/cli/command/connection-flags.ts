import { type Command, Option } from "commander";
import { type ClientSecurity, readClientSecurity } from "../../client/client-security.js";
import {
  formatSocketAddress,
  isLoopback,
  MAX_SOCKET_PATH_BYTES,
  parseAddress,
  parseHostName,
  parseSocketAddress,
} from "../../machine/address.js";
import { clientTlsVariable, tokenOfEnvironment } from "../../settings/config.js";
import { parseDurationMs } from "../../settings/units.js";
import { readBearerToken } from "./bearer-token.js";
import { UsageError } from "./usage-error.js";

const DEFAULT_ADDRESS = "127.0.0.1:50051";
/** The longest deadline. @grpc/grpc-js counts milliseconds in 32 bits, and a longer deadline would end the call at once. */
const MAX_DEADLINE_MS = 24 * 24 * 3_600_000;

/** The server that a command calls, and how. */
export interface ConnectionTarget {
  readonly address: string;
  readonly useProxy: boolean;
  /** The security of the connection, or undefined for plaintext. */
  readonly security: ClientSecurity | undefined;
  /** The key or token of the calls, or undefined if they have none. It is a secret. */
  readonly token: string | undefined;
  readonly deadlineMs: number | undefined;
}

interface ConnectionFlags {
  readonly address: string;
  readonly deadline?: string;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly tokenFile?: string;
  readonly insecureToken?: true;
}

/** Adds the flags that all commands share which call a server. */
export function addConnectionFlags(command: Command): Command {
  const heading = "Connection:";
  return command
    .addOption(
      new Option("--address <host:port|unix:path>", "where the server is")
        .env("RILL_ADDRESS")
        .default(DEFAULT_ADDRESS)
        .helpGroup(heading),
    )
    .addOption(
      new Option("--tls", "encrypt the connection; --ca, --cert and --server-name do so too")
        .env("RILL_TLS")
        .helpGroup(heading),
    )
    .addOption(
      new Option("--ca <path>", "PEM file of the authorities to trust (those that Node knows)")
        .env("RILL_CA")
        .helpGroup(heading),
    )
    .addOption(
      new Option("--cert <path>", "PEM file of the client's certificate, for a server that asks for one")
        .env("RILL_CERT")
        .helpGroup(heading),
    )
    .addOption(new Option("--key <path>", "PEM file of its private key").env("RILL_KEY").helpGroup(heading))
    .addOption(
      new Option("--server-name <name>", "name that the server's certificate must have (that of the address)")
        .env("RILL_SERVER_NAME")
        .helpGroup(heading),
    )
    .addOption(
      new Option(
        "--token-file <path>",
        "file with the key or token of the calls; RILL_TOKEN may hold it instead",
      ).helpGroup(heading),
    )
    .addOption(
      new Option("--insecure-token", "send the token without encryption to another machine").helpGroup(heading),
    )
    .addOption(new Option("--deadline <duration>", "give the call up after this time (never)").helpGroup(heading));
}

/** @throws UsageError with every problem at once */
export function readConnection(command: Command): ConnectionTarget {
  const flags = command.opts<ConnectionFlags>();
  const { address: text, deadline } = flags;
  const target = readTarget(text);
  const deadlineMs = deadline === undefined ? undefined : parseDurationMs(deadline);
  const isInTime =
    deadline === undefined || (deadlineMs !== undefined && deadlineMs > 0 && deadlineMs <= MAX_DEADLINE_MS);
  const { security, problems } = readSecurity(flags, command.getOptionValueSource("tls") === "env");
  const read = readBearerToken({
    tokenFile: flags.tokenFile,
    variable: tokenOfEnvironment(),
    isPrivate: security !== undefined || target?.useProxy === false,
    isInsecureAllowed: flags.insecureToken === true,
  });
  if (target !== undefined && isInTime && problems.length === 0 && "token" in read)
    return { ...target, security, token: read.token, deadlineMs };
  const expected = `host:port, such as ${DEFAULT_ADDRESS}, or unix:path with a path of at most ${MAX_SOCKET_PATH_BYTES} bytes`;
  throw new UsageError([
    ...(target === undefined ? [`--address: ${JSON.stringify(text)} must be ${expected}`] : []),
    ...(isInTime ? [] : [`--deadline: ${JSON.stringify(deadline)} must be a duration from 1ms to 576h, such as 30s`]),
    ...problems,
    ...("problem" in read && target !== undefined ? [read.problem] : []),
  ]);
}

/** Parses the address of a server. Returns undefined if no server can have it. */
function readTarget(text: string): Pick<ConnectionTarget, "address" | "useProxy"> | undefined {
  const socket = parseSocketAddress(text);
  if (socket !== undefined) return { address: formatSocketAddress(socket), useProxy: false };
  const address = parseAddress(text);
  if (address === undefined || address.port === 0) return undefined;
  return { address: text, useProxy: !isLoopback(address) };
}

interface ReadSecurity {
  readonly security: ClientSecurity | undefined;
  readonly problems: readonly string[];
}

/** @param isByVariable whether the environment says that the connection is encrypted, or that it is not */
function readSecurity(flags: ConnectionFlags, isByVariable: boolean): ReadSecurity {
  const { address, ca, cert, key, serverName } = flags;
  // commander takes any value of the variable for true.
  const variable = isByVariable ? clientTlsVariable() : undefined;
  if (variable !== undefined && variable !== "true" && variable !== "false") {
    return { security: undefined, problems: [`RILL_TLS: ${JSON.stringify(variable)} must be true or false`] };
  }
  const tls = variable === undefined ? flags.tls : variable === "true";
  const isWanted = tls ?? [ca, cert, key, serverName].some((flag) => flag !== undefined);
  if (!isWanted) return { security: undefined, problems: [] };
  const problems = [
    ...(parseSocketAddress(address) === undefined ? [] : ["--tls: a Unix socket has no TLS"]),
    ...((cert === undefined) === (key === undefined) ? [] : ["--cert and --key: one of them needs the other"]),
    ...(serverName === undefined || parseHostName(serverName) !== undefined
      ? []
      : [`--server-name: ${JSON.stringify(serverName)} must be a host name without a port`]),
  ];
  const identity = cert === undefined || key === undefined ? undefined : { certificate: cert, key };
  try {
    return { security: readClientSecurity({ authorities: ca, identity, serverName }), problems };
  } catch (error) {
    return { security: undefined, problems: [...problems, error instanceof Error ? error.message : String(error)] };
  }
}
