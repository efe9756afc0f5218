import type { Command } from "commander";
import { CallFailure } from "../../client/call-failure.js";
import { explainTrouble } from "../../client/connection-trouble.js";
import { ContractMismatch } from "../../client/contract-json.js";
import { type CallOptions, RillClient } from "../../client/rill-client.js";
import { onAbort } from "../../sync/abort.js";
import { ExitCode } from "../../server/exit-code.js";
import { StopSignals } from "../../machine/stop-signals.js";
import { formatWait } from "../../settings/units.js";
import { type ConnectionTarget, readConnection } from "./connection-flags.js";
import { OutputClosed, TextOutput, visibleText } from "./text-output.js";
import { UsageError } from "./usage-error.js";

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
    const connection = readConnection(command);
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
  { address, useProxy, security, token, deadlineMs }: ConnectionTarget,
  work: (session: ClientSession) => Promise<void>,
): Promise<ExitCode> {
  using signals = new StopSignals();
  using _atOnce = onAbort(signals.close, () => process.exit(ExitCode.interrupted));
  const signal = signals.drain;
  const output = new TextOutput(process.stdout, signal);
  // grpc-js passes the address as the server's name also if it is an IP address, and Node would tell the user that it ignores that.
  process.noDeprecation = true;
  try {
    using client = await RillClient.open({ address, useProxy, security, token });
    await work({ client, call: { signal, deadlineMs }, output });
    return ExitCode.done;
  } catch (error) {
    if (signal.aborted) return ExitCode.interrupted;
    if (error instanceof OutputClosed) return ExitCode.done;
    if (error instanceof CallFailure && isUnreachable(error)) {
      const trouble = await explainTrouble(address, security);
      if (trouble !== undefined) throw new Error(`${error.status}: ${trouble}`, { cause: error });
    }
    throw error;
  } finally {
    output.endLine();
  }
}

/** Whether the call failed without an answer of a server. */
function isUnreachable({ status, reason }: CallFailure): boolean {
  return status === "UNAVAILABLE" && reason === undefined;
}

/** Describes a failed call for people: status, reason and message, then each invalid field that the message does not name whole, and further help, on lines of their own. */
export function failureText(failure: CallFailure): string {
  const { status, reason, message, violations, retryAfterMs, generationId, facts } = failure;
  const runningId = reason === "SESSION_BUSY" ? facts.get("generation_id") : undefined;
  const lines = [
    `${reason === undefined || reason === status ? status : `${status} ${reason}`}: ${tidied(message)}`,
    ...(isUnreachable(failure) ? ["  is a server running there? rill serve starts one"] : []),
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
