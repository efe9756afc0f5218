import { Command } from "commander";
import type { JsonObject } from "../rpc/client/contract-json.js";
import { addConnectionFlags, type ClientSession, runClientCommand } from "./client-command.js";
import type {
  GenerationAnswerJson,
  GenerationEnd,
  GenerationEventJson,
  GenerationTurn,
  TrimmedContext,
} from "./generation-answer.js";
import { GENERATION_FLAGS } from "./generation-flags.js";
import { readGenerationInput } from "./generation-input.js";
import { summarize } from "./generation-summary.js";
import { addRequestFlags, readRequestFlags } from "./request-flags.js";
import { trimmedText } from "./trimmed-text.js";

const SERVICE = "rill.v1.GenerationService";

const NOTES = `
Without a prompt, standard input is read; - reads it in any case. The output goes
to standard output exactly as it was made and as fast as it is taken there: a slow
reader slows the decoding down. The bounds and defaults are the server's.

With --session the server has the conversation so far, and keeps the prompt and what
the model answers. rill sessions create begins one.

Exit codes: 0 done (also when nobody reads the output any more), 1 failed, 2 wrong
usage, 130 interrupted.`;

interface GenerateFlags {
  readonly file?: string;
  readonly chat?: true;
  readonly system?: string;
  readonly messages?: string;
  readonly tokenIds?: unknown;
  readonly json?: true;
  readonly stats?: boolean;
  readonly unary?: true;
}

/** A request as the flags give it: of `turn`, all but the messages. */
interface TurnRequest extends JsonObject {
  readonly turn?: JsonObject;
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
  const { file, chat = false, system, messages, tokenIds } = command.opts<GenerateFlags>();
  const { turn, ...request }: TurnRequest = readRequestFlags(command, GENERATION_FLAGS);
  const hasTokens = tokenIds !== undefined;
  const input = await readGenerationInput({ prompt, file, chat, system, messages, hasTokens, turn }, process.stdin);
  return { ...request, ...input };
}

async function generate(session: ClientSession, request: JsonObject, flags: GenerateFlags): Promise<void> {
  const { json = false, unary = false, stats = process.stderr.isTTY } = flags;
  const end = unary ? await printAnswer(session, request, json) : await printEvents(session, request, json);
  session.output.endLine();
  if (stats && end !== undefined) process.stderr.write(`${summarize(end)}\n`);
}

async function printAnswer(
  { client, call, output }: ClientSession,
  request: JsonObject,
  json: boolean,
): Promise<GenerationEnd & GenerationTurn> {
  const answer = await client.unary(`${SERVICE}/Generate`, request, call);
  const { text = "", ...end }: GenerationAnswerJson = answer;
  tellTrimmed(end.contextTrimmed);
  await output.write(json ? `${JSON.stringify(answer)}\n` : text);
  return end;
}

/** Asks for the next event only when standard output took the one before. */
async function printEvents(
  { client, call, output }: ClientSession,
  request: JsonObject,
  json: boolean,
): Promise<(GenerationEnd & GenerationTurn) | undefined> {
  let end: GenerationEnd | undefined;
  let about: GenerationTurn = {};
  for await (const event of client.stream(`${SERVICE}/GenerateStream`, request, call)) {
    const { accepted, contextTrimmed, chunk, completed }: GenerationEventJson = event;
    if (accepted?.turn !== undefined) about = { ...about, turn: accepted.turn };
    if (contextTrimmed !== undefined) {
      tellTrimmed(contextTrimmed);
      about = { ...about, contextTrimmed };
    }
    await output.write(json ? `${JSON.stringify(event)}\n` : (chunk?.text ?? ""));
    end = completed ?? end;
  }
  return end === undefined ? undefined : { ...end, ...about };
}

/** Whoever allowed turns to be left out is told that some were, whatever else is printed. */
function tellTrimmed(trimmed: TrimmedContext | undefined): void {
  if (trimmed !== undefined) process.stderr.write(`rill generate: ${trimmedText(trimmed)}\n`);
}
