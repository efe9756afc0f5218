import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import type { JsonObject } from "../../client/contract-json.js";
import { addConnectionFlags } from "../command/connection-flags.js";
import { type ClientSession, IncompleteAnswer, runClientCommand } from "../command/client-command.js";
import type {
  CompletedJson,
  ContextTrimmedJson,
  GenerateResponseJson,
  GenerationEventJson,
  TurnEventsJson,
  UnheldKeywordJson,
} from "../command/generation-json.js";
import { addRequestFlags, readRequestFlags } from "../input/request-flags.js";
import { UsageError } from "../command/usage-error.js";
import { flagOf } from "../../settings/setting.js";
import { AnswerPrinter, asideOf } from "./answer-printer.js";
import { formFlagsOf, GENERATION_FLAGS } from "./generation-flags.js";
import { readGenerationInput } from "./generation-input.js";
import { cutOffText, pendingCallsText, summarize, trimmedText, unheldText } from "./generation-notes.js";

const SERVICE = "rill.v1.GenerationService";

const NOTES = `
Without a prompt, the command reads standard input; - reads it in any case. Standard
output gets the exact output of the model at the pace of its reader: a slow reader slows
down the decoding. The server determines bounds and defaults.

With --tools, each call of the model is printed on a line: its id, the tool and its
arguments. --tool-result gives the result of a call, in the same --session or after the
--messages that --save-messages wrote. Reasoning is shown only on a terminal, on standard
error.

With --session, the server has the conversation so far, and stores the prompt and the
answer of the model. rill sessions create creates a session.

Exit codes: 0 done (also if the reader of the output has left), 1 failed, 2 wrong usage,
3 cut off before the answer had the form that was asked for, 130 interrupted.`;

interface GenerateFlags {
  readonly file?: string;
  readonly chat?: true;
  readonly system?: string;
  readonly messages?: string;
  readonly toolResult?: readonly string[];
  readonly saveMessages?: string;
  readonly tokenIds?: unknown;
  readonly json?: true;
  readonly stats?: boolean;
  readonly unary?: true;
}

/** A request from the flags, at first without messages. */
interface InputRequest extends JsonObject {
  readonly turn?: JsonObject;
  readonly chat?: JsonObject;
}

/** Creates `rill generate`, which runs one generation on a server and sets the exit code of the process. */
export function createGenerateCommand(): Command {
  const command = new Command("generate")
    .description("generate text on a running server")
    .argument("[prompt]", "text that the model continues; - is standard input")
    .optionsGroup("Input:")
    .option("--file <path>", "file with the prompt")
    .option("--chat", "send the prompt as a message, not as text to continue")
    .option("--system <text>", "system message of the chat")
    .option("--messages <path>", "messages of the chat, YAML or JSON: a list of {role, content}")
    .option("--tool-result <id=path>", "file with the result of a tool call; may be repeated", gather)
    .option("--save-messages <path>", "write the chat and its answer to this file, for --messages")
    .optionsGroup("Printing:")
    .option("--json", "print each event in the JSON form of protobuf, one per line")
    .option("--stats", "print a summary on standard error (default on a terminal)")
    .option("--no-stats", "print no summary")
    .option("--unary", "wait for the complete output: call Generate instead of GenerateStream");
  addRequestFlags(command, GENERATION_FLAGS);
  // With a default of true, the flag would seem to be given always.
  command.setOptionValue("stats", undefined);
  return addConnectionFlags(command)
    .addHelpText("after", NOTES)
    .exitOverride()
    .action(async (prompt: string | undefined, flags: GenerateFlags) => {
      process.exitCode = await runClientCommand({
        command,
        prepare: () => readRequest(command, prompt),
        work: (session, request) => generate(session, request, flags),
      });
    });
}

async function readRequest(command: Command, prompt: string | undefined): Promise<JsonObject> {
  const {
    file,
    chat = false,
    system,
    messages,
    toolResult = [],
    tokenIds,
    saveMessages,
  } = command.opts<GenerateFlags>();
  const { turn, ...request }: InputRequest = readRequestFlags(command, GENERATION_FLAGS);
  const forms = formFlagsOf(request).map(({ name }) => flagOf(name));
  if (forms.length > 1) throw new UsageError([`${forms.join(", ")}: an answer has one form, so only one of them`]);
  const given = { prompt, file, chat, system, messages, toolResults: toolResult, turn };
  const input = await readGenerationInput({ ...given, hasTokens: tokenIds !== undefined }, process.stdin);
  if (saveMessages !== undefined && input.chat === undefined) {
    throw new UsageError(["--save-messages: only for a chat; the server stores a session itself"]);
  }
  return { ...request, ...input };
}

function gather(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

async function generate(session: ClientSession, request: InputRequest, flags: GenerateFlags): Promise<void> {
  const { json = false, unary = false, stats = process.stderr.isTTY, saveMessages } = flags;
  const { output } = session;
  const printer = new AnswerPrinter({
    output: json ? SILENT : output,
    aside: json ? undefined : asideOf(process.stderr),
  });
  const printing = { printer, json };
  const end = unary ? await printAnswer(session, request, printing) : await printEvents(session, request, printing);
  await printer.end();
  output.endLine();
  if (end === undefined) return;
  if (saveMessages !== undefined) await saveConversation(saveMessages, [...messagesOf(request), printer.message()]);
  if (printer.calls.length > 0) tellPending(request, printer.calls, saveMessages);
  if (stats) process.stderr.write(`${summarize(end)}\n`);
  const cut = cutOffText(end);
  if (cut !== undefined && formFlagsOf(request).length > 0) throw new IncompleteAnswer(cut);
}

interface Printing {
  readonly printer: AnswerPrinter;
  readonly json: boolean;
}

async function printAnswer(
  { client, call, output }: ClientSession,
  request: JsonObject,
  { printer, json }: Printing,
): Promise<CompletedJson & TurnEventsJson> {
  const answer: GenerateResponseJson & JsonObject = await client.unary(`${SERVICE}/Generate`, request, call);
  tellTrimmed(answer.contextTrimmed);
  tellUnheld(answer.notHeld);
  if (json) await output.write(`${JSON.stringify(answer)}\n`);
  await printer.whole(answer);
  return answer;
}

/** Prints events. It reads the next one only once standard output has accepted the previous one. */
async function printEvents(
  { client, call, output }: ClientSession,
  request: JsonObject,
  { printer, json }: Printing,
): Promise<(CompletedJson & TurnEventsJson) | undefined> {
  let end: CompletedJson | undefined;
  let about: TurnEventsJson = {};
  for await (const event of client.stream(`${SERVICE}/GenerateStream`, request, call)) {
    const { accepted, contextTrimmed, chunk, toolCall, completed }: GenerationEventJson = event;
    if (accepted?.turn !== undefined) about = { ...about, turn: accepted.turn };
    if (contextTrimmed !== undefined) {
      tellTrimmed(contextTrimmed);
      about = { ...about, contextTrimmed };
    }
    if (json) await output.write(`${JSON.stringify(event)}\n`);
    if (chunk !== undefined) await printer.chunk(chunk);
    if (toolCall !== undefined) await printer.call(toolCall);
    end = completed ?? end;
    tellUnheld(accepted?.notHeld);
  }
  return end === undefined ? undefined : { ...end, ...about };
}

/** The output of the printer with --json, where the events themselves are printed. */
const SILENT = { write: () => Promise.resolve(), startLine: () => Promise.resolve() };

/** Tells the user how to give the results of tool calls. */
function tellPending(
  { turn }: InputRequest,
  calls: readonly { readonly id: string }[],
  savedPath: string | undefined,
): void {
  const sessionId = typeof turn?.session_id === "string" ? turn.session_id : undefined;
  const text = pendingCallsText({ ids: calls.map(({ id }) => id), sessionId, savedPath });
  process.stderr.write(`rill generate: ${text}\n`);
}

function messagesOf({ chat }: InputRequest): JsonObject[] {
  return Array.isArray(chat?.messages) ? (chat.messages as JsonObject[]) : [];
}

/** Tells the user that turns were left out, whatever else is printed. */
function tellTrimmed(trimmed: ContextTrimmedJson | undefined): void {
  if (trimmed !== undefined) process.stderr.write(`rill generate: ${trimmedText(trimmed)}\n`);
}

/** Tells the user which keywords of schemas the answer is not held to, whatever else is printed. */
function tellUnheld(keywords: readonly UnheldKeywordJson[] = []): void {
  for (const line of unheldText(keywords)) process.stderr.write(`rill generate: ${line}\n`);
}

/**
 * Writes messages to a file that `readMessages` reads.
 * @throws Error if the file cannot be written
 */
async function saveConversation(path: string, messages: readonly JsonObject[]): Promise<void> {
  const lines = messages.map((message) => `  ${JSON.stringify(message)}`);
  try {
    await writeFile(path, `[\n${lines.join(",\n")}\n]\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`--save-messages: ${path} cannot be written (${code ?? String(error)})`, { cause: error });
  }
}
