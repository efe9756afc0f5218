import { type Command, Option } from "commander";
import { CallFailure } from "../../client/call-failure.js";
import { ContractMismatch } from "../../client/contract-json.js";
import { type CallOptions, RillClient } from "../../client/rill-client.js";
import { onAbort } from "../../sync/abort.js";
import {
  formatSocketAddress,
  isLoopback,
  MAX_SOCKET_PATH_BYTES,
  parseAddress,
  parseSocketAddress,
} from "../../machine/address.js";
import { ExitCode } from "../../server/exit-code.js";
import { StopSignals } from "../../machine/stop-signals.js";
import { formatWait, parseDurationMs } from "../../settings/units.js";
import { OutputClosed, TextOutput, visibleText } from "./text-output.js";
import { UsageError } from "./usage-error.js";

const DEFAULT_ADDRESS = "127.0.0.1:50051";
/** The longest deadline. @grpc/grpc-js counts milliseconds in 32 bits, and a longer deadline would end the call at once. */
const MAX_DEADLINE_MS = 24 * 24 * 3_600_000;

/** The connection and the output of a command that calls a server. */
export interface ClientSession {
  readonly client: RillClient;
  readonly call: CallOptions;
  readonly output: TextOutput;
}

/** The call has succeeded and its output is printed, but it is not what was asked for. The process exits with code 3. */
export class IncompleteAnswer extends Error {
  constructor(message: string) {
    super(message);
    this.name = "IncompleteAnswer";
  }
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
    .addOption(new Option("--deadline <duration>", "give the call up after this time (never)").helpGroup(heading));
}

interface ConnectionFlags {
  readonly address: string;
  readonly deadline?: string;
}

/** The two steps of a command. */
export interface ClientWork<Request> {
  readonly command: Command;
  /**
   * Reads the request.
   * @throws UsageError
   */
  readonly prepare: () => Promise<Request>;
  /**
   * Calls the server.
   * @throws CallFailure, ContractMismatch, IncompleteAnswer, OutputClosed, or the signal's reason
   */
  readonly work: (session: ClientSession, request: Request) => Promise<void>;
}

/**
 * Runs a command that calls a server, with the standard streams of this process, and returns the exit code.
 *
 * While the request is being read, a signal ends the process directly, because there is nothing to cancel and a read that never returns would block
 * every other way out. From then on the first Ctrl-C or SIGTERM cancels the call, and a second one ends the process at once.
 */
export async function runClientCommand<Request>({ command, prepare, work }: ClientWork<Request>): Promise<ExitCode> {
  const name = nameOf(command);
  const tell = (text: string): void => void process.stderr.write(`${name}: ${text}\n`);
  try {
    const connection = readConnection(command.opts<ConnectionFlags>());
    const request = await prepare();
    return await call(connection, (session) => work(session, request));
  } catch (error) {
    if (error instanceof UsageError) {
      const lines = error.problems.map((line) => `  ${line}`).join("\n");
      tell(`wrong usage (${name} --help tells more)\n${lines}`);
      return ExitCode.usage;
    }
    if (error instanceof ContractMismatch) {
      tell(`the request cannot be made: ${error.message}`);
      return ExitCode.usage;
    }
    if (error instanceof IncompleteAnswer) {
      tell(error.message);
      return ExitCode.incomplete;
    }
    tell(error instanceof CallFailure ? failureText(error) : error instanceof Error ? error.message : String(error));
    return ExitCode.failed;
  }
}

/** The full name of a command, such as rill sessions list. */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

async function call(
  { address, useProxy, deadlineMs }: ConnectionTarget,
  work: (session: ClientSession) => Promise<void>,
): Promise<ExitCode> {
  using signals = new StopSignals();
  using _atOnce = onAbort(signals.close, () => process.exit(ExitCode.interrupted));
  const signal = signals.drain;
  const output = new TextOutput(process.stdout, signal);
  try {
    using client = await RillClient.open({ address, useProxy });
    await work({ client, call: { signal, deadlineMs }, output });
    return ExitCode.done;
  } catch (error) {
    if (signal.aborted) return ExitCode.interrupted;
    if (error instanceof OutputClosed) return ExitCode.done;
    throw error;
  } finally {
    output.endLine();
  }
}

interface ConnectionTarget {
  readonly address: string;
  readonly useProxy: boolean;
  readonly deadlineMs: number | undefined;
}

function readConnection({ address: text, deadline }: ConnectionFlags): ConnectionTarget {
  const target = readTarget(text);
  const deadlineMs = deadline === undefined ? undefined : parseDurationMs(deadline);
  const isInTime =
    deadline === undefined || (deadlineMs !== undefined && deadlineMs > 0 && deadlineMs <= MAX_DEADLINE_MS);
  if (target !== undefined && isInTime) return { ...target, deadlineMs };
  const expected = `host:port, such as ${DEFAULT_ADDRESS}, or unix:path with a path of at most ${MAX_SOCKET_PATH_BYTES} bytes`;
  throw new UsageError([
    ...(target === undefined ? [`--address: ${JSON.stringify(text)} must be ${expected}`] : []),
    ...(isInTime ? [] : [`--deadline: ${JSON.stringify(deadline)} must be a duration from 1ms to 576h, such as 30s`]),
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

/** Describes a failed call for people: status, reason and message, then each invalid field that the message does not name whole, and further help, on lines of their own. */
export function failureText(failure: CallFailure): string {
  const { status, reason, message, violations, retryAfterMs, generationId, facts } = failure;
  const runningId = reason === "SESSION_BUSY" ? facts.get("generation_id") : undefined;
  const lines = [
    `${reason === undefined || reason === status ? status : `${status} ${reason}`}: ${tidied(message)}`,
    ...(status === "UNAVAILABLE" && reason === undefined ? ["  is a server running there? rill serve starts one"] : []),
    ...violations
      .filter(({ field, description }) => ![`${field}: ${description}`, `${field} ${description}`].includes(message))
      .map(({ field, description }) => `  ${field}: ${description}`),
    ...(retryAfterMs === undefined
      ? []
      : [retryAfterMs === 0 ? "  try again at once" : `  try again in ${formatWait(retryAfterMs)}`]),
    ...(runningId === undefined ? [] : [`  running generation: ${runningId}`]),
    ...(generationId === undefined ? [] : [`  generation id: ${generationId}`]),
  ];
  return lines.map(visibleText).join("\n");
}

/** Removes what grpc-js writes for its own developers: the empty note at the end of its message about a connection, and how it has spent a deadline. */
function tidied(message: string): string {
  if (message.startsWith("Deadline exceeded after ")) {
    return /LB pick|name resolution/.test(message) && !message.includes("remote_addr=")
      ? "the deadline passed before there was a connection"
      : "the deadline passed";
  }
  return message.replace(/ Resolution note: $/, "");
}
