import { Command } from "commander";
import type { JsonObject } from "../../client/contract-json.js";
import { AnswerPrinter } from "./answer-printer.js";
import { addConnectionFlags, type ClientSession, runClientCommand } from "../command/client-command.js";
import type {
  GenerationAnswerJson,
  GenerationEnd,
  GenerationEventJson,
  GenerationTurn,
  TrimmedContext,
} from "../command/generation-answer.js";
import { GENERATION_FLAGS } from "./generation-flags.js";
import { readGenerationInput } from "./generation-input.js";
import { summarize } from "./generation-summary.js";
import { pendingCallsText } from "./pending-calls.js";
import { addRequestFlags, readRequestFlags } from "../input/request-flags.js";
import { asideOf } from "./reasoning-aside.js";
import { saveConversation } from "./save-conversation.js";
import { trimmedText } from "./trimmed-text.js";
import { UsageError } from "../command/usage-error.js";

const SERVICE = "rill.v1.GenerationService";

const NOTES = `
Without a prompt, standard input is read; - reads it in any case. The output goes
to standard output exactly as it was made and as fast as it is taken there: a slow
reader slows the decoding down. The bounds and defaults are the server's.

With --tools the model's calls are printed, each on a line: its id, the tool and its
arguments. --tool-result brings the result of one, in the same --session, or after
the --messages that --save-messages wrote. Thinking aloud is shown on a terminal only,
beside the output, on standard error.

With --session the server has the conversation so far, and keeps the prompt and what
the model answers. rill sessions create begins one.

Exit codes: 0 done (also when nobody reads the output any more), 1 failed, 2 wrong
usage, 130 interrupted.`;

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

/** A request as the flags give it, at first without messages. */
interface InputRequest extends JsonObject {
  readonly turn?: JsonObject;
  readonly chat?: JsonObject;
}

/** `rill generate`: one generation by a running server. Sets the process's exit code. */
export function createGenerateCommand(): Command {
  const command = new Command("generate")
    .description("generate a text on a running server")
    .argument("[prompt]", "what the model is to continue; - is standard input")
    .optionsGroup("Input:")
    .option("--file <path>", "file that holds the prompt")
    .option("--chat", "the prompt is a message to the model, not a text to continue")
    .option("--system <text>", "system message of the chat")
    .option("--messages <path>", "messages of the chat, YAML or JSON: a list of {role, content}")
    .option("--tool-result <id=path>", "file with the result of a call; may be repeated", gather)
    .option("--save-messages <path>", "write the chat with its answer there, for --messages")
    .optionsGroup("Printing:")
    .option("--json", "print each event as protobuf has it in JSON, one a line")
    .option("--stats", "a summary on standard error (on a terminal: unless --no-stats)")
    .option("--no-stats", "no summary")
    .option("--unary", "wait for the whole answer: Generate in place of GenerateStream");
  addRequestFlags(command, GENERATION_FLAGS);
  // A default of true would hide whether the flag was given.
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
  const given = { prompt, file, chat, system, messages, toolResults: toolResult, turn };
  const input = await readGenerationInput({ ...given, hasTokens: tokenIds !== undefined }, process.stdin);
  if (saveMessages !== undefined && input.chat === undefined) {
    throw new UsageError(["--save-messages: only for a chat; a session is kept by the server"]);
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
}

interface Printing {
  readonly printer: AnswerPrinter;
  readonly json: boolean;
}

async function printAnswer(
  { client, call, output }: ClientSession,
  request: JsonObject,
  { printer, json }: Printing,
): Promise<GenerationEnd & GenerationTurn> {
  const answer: GenerationAnswerJson & JsonObject = await client.unary(`${SERVICE}/Generate`, request, call);
  tellTrimmed(answer.contextTrimmed);
  if (json) await output.write(`${JSON.stringify(answer)}\n`);
  await printer.whole(answer);
  return answer;
}

/** Asks for the next event only when standard output took the one before. */
async function printEvents(
  { client, call, output }: ClientSession,
  request: JsonObject,
  { printer, json }: Printing,
): Promise<(GenerationEnd & GenerationTurn) | undefined> {
  let end: GenerationEnd | undefined;
  let about: GenerationTurn = {};
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
  }
  return end === undefined ? undefined : { ...end, ...about };
}

/** With --json the events are printed themselves. */
const SILENT = { write: () => Promise.resolve(), startLine: () => Promise.resolve() };

/** Who asked is told how to answer. */
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

/** Whoever allowed turns to be left out is told that some were, whatever else is printed. */
function tellTrimmed(trimmed: TrimmedContext | undefined): void {
  if (trimmed !== undefined) process.stderr.write(`rill generate: ${trimmedText(trimmed)}\n`);
}
