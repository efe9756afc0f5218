import { Command } from "commander";
import type { JsonObject } from "../client/contract-json.js";
import { addConnectionFlags, type ClientSession, runClientCommand } from "./command/client-command.js";
import { counts, no, yes } from "./input/flag-types.js";
import type { RequestFlag } from "./input/request-flag.js";
import { addRequestFlags, readRequestFlags } from "./input/request-flags.js";
import { readTextArgument } from "./input/text-argument.js";
import { readPieces } from "./token-pieces.js";
import { UsageError } from "./command/usage-error.js";

const SERVICE = "rill.v1.TokenService";

const NOTES = `
Without a text, standard input is read; - reads it in any case. The ids come with
commas between them, as --detokenize and rill generate --token-ids take them.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`;

const TOKENIZE_FLAGS: readonly RequestFlag[] = [
  {
    name: "without-beginning",
    type: no,
    field: "add_beginning",
    about: "no beginning-of-sequence token, even where the model asks for one",
    group: "Input:",
  },
  {
    name: "parse-control-tokens",
    type: yes,
    field: "parse_control_tokens",
    about: "read control tokens that the text spells",
    group: "Input:",
  },
];

const DETOKENIZE_FLAGS: readonly RequestFlag[] = [
  { name: "detokenize", type: counts, field: "token_ids", about: "the text of these tokens instead", group: "Input:" },
];

interface TokenizeFlags {
  readonly file?: string;
  readonly detokenize?: unknown;
  readonly pieces?: true;
  readonly count?: true;
  readonly json?: true;
}

interface TokenizeJson {
  readonly tokenIds?: readonly number[];
}

interface DetokenizeJson {
  readonly text?: string;
}

/** What is to be asked, and which method answers it. */
interface Question {
  readonly method: "Tokenize" | "Detokenize";
  readonly request: JsonObject;
}

/** `rill tokenize`: text to tokens and back, by the model of a running server. Sets the process's exit code. */
export function createTokenizeCommand(): Command {
  const command = new Command("tokenize")
    .description("turn a text to tokens, or tokens to text, on a running server")
    .argument("[text]", "what to tokenise; - is standard input")
    .optionsGroup("Input:")
    .option("--file <path>", "file that holds the text")
    .optionsGroup("Printing:")
    .option("--pieces", "a line for each token: its id, a tab, its text as a JSON string")
    .option("--count", "only how many tokens there are")
    .option("--json", "the answer as protobuf has it in JSON");
  addRequestFlags(command, [...TOKENIZE_FLAGS, ...DETOKENIZE_FLAGS]);
  return addConnectionFlags(command)
    .addHelpText("after", NOTES)
    .exitOverride()
    .action(async (text: string | undefined, flags: TokenizeFlags) => {
      process.exitCode = await runClientCommand({
        command,
        prepare: () => readQuestion({ command, text, flags }),
        work: (session, question) => answer(session, question, flags),
      });
    });
}

interface CommandLine {
  readonly command: Command;
  readonly text: string | undefined;
  readonly flags: TokenizeFlags;
}

async function readQuestion({ command, text: argument, flags }: CommandLine): Promise<Question> {
  const { file, detokenize, pieces = false, count = false, json = false } = flags;
  if ([pieces, count, json].filter(Boolean).length > 1) {
    throw new UsageError(["--pieces, --count and --json: only one of them can be given"]);
  }
  const request = readRequestFlags(command, TOKENIZE_FLAGS);
  if (detokenize !== undefined) {
    const isMixed = argument !== undefined || file !== undefined || pieces || count || Object.keys(request).length > 0;
    if (isMixed) throw new UsageError(["--detokenize: takes no text, and no other flag than --json beside it"]);
    return { method: "Detokenize", request: readRequestFlags(command, DETOKENIZE_FLAGS) };
  }
  const { stdin } = process;
  const text = await readTextArgument({ argument, file, fallback: stdin, stdin });
  if (text === undefined)
    throw new UsageError(["there is no text: give one as an argument, by --file, or on standard input"]);
  return { method: "Tokenize", request: { ...request, text } };
}

async function answer(session: ClientSession, question: Question, flags: TokenizeFlags): Promise<void> {
  await session.output.write(await answerText(session, question, flags));
}

async function answerText(
  session: ClientSession,
  { method, request }: Question,
  flags: TokenizeFlags,
): Promise<string> {
  const { client, call } = session;
  const message = await client.unary(`${SERVICE}/${method}`, request, call);
  if (flags.json === true) return `${JSON.stringify(message)}\n`;
  if (method === "Detokenize") {
    const { text = "" }: DetokenizeJson = message;
    return text;
  }
  const { tokenIds = [] }: TokenizeJson = message;
  if (flags.count === true) return `${tokenIds.length}\n`;
  if (flags.pieces !== true) return `${tokenIds.join(",")}\n`;
  const pieces = await readPieces(session, tokenIds);
  return tokenIds.map((id) => `${id}\t${JSON.stringify(pieces.get(id) ?? "")}\n`).join("");
}
