import { Command } from "commander";
import type { JsonObject } from "../client/contract-json.js";
import { addConnectionFlags } from "./command/connection-flags.js";
import { type ClientSession, runClientCommand } from "./command/client-command.js";
import { COUNTS, NO, YES } from "./input/flag-types.js";
import { addRequestFlags, readRequestFlags, type RequestFlag } from "./input/request-flags.js";
import { readTextArgument } from "./input/read-text.js";
import { UsageError } from "./command/usage-error.js";

/** The number of concurrent calls. */
const CALLS_AT_ONCE = 16;
const SERVICE = "rill.v1.TokenService";

const NOTES = `
Without a text, the command reads standard input; - reads it in any case. The ids are
separated by commas, as --detokenize and rill generate --token-ids expect them.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`;

const TOKENIZE_FLAGS: readonly RequestFlag[] = [
  {
    name: "without-beginning",
    type: NO,
    field: "add_beginning",
    about: "add no beginning-of-sequence token, even if the model asks for one",
    group: "Input:",
  },
  {
    name: "parse-control-tokens",
    type: YES,
    field: "parse_control_tokens",
    about: "turn control tokens in the text into tokens",
    group: "Input:",
  },
];

const DETOKENIZE_FLAGS: readonly RequestFlag[] = [
  {
    name: "detokenize",
    type: COUNTS,
    field: "token_ids",
    about: "print the text of these tokens instead",
    group: "Input:",
  },
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

/** The method to call, and its request. */
interface TokenCall {
  readonly method: "Tokenize" | "Detokenize";
  readonly request: JsonObject;
}

/** Creates `rill tokenize`, which tokenises and detokenises text on a server and sets the exit code of the process. */
export function createTokenizeCommand(): Command {
  const command = new Command("tokenize")
    .description("turn text into tokens, or tokens into text, on a running server")
    .argument("[text]", "text to tokenise; - is standard input")
    .optionsGroup("Input:")
    .option("--file <path>", "file with the text")
    .optionsGroup("Printing:")
    .option("--pieces", "print one line per token: its id, a tab, its text as a JSON string")
    .option("--count", "print only the number of tokens")
    .option("--json", "print the response in the JSON form of protobuf");
  addRequestFlags(command, [...TOKENIZE_FLAGS, ...DETOKENIZE_FLAGS]);
  return addConnectionFlags(command)
    .addHelpText("after", NOTES)
    .exitOverride()
    .action(async (text: string | undefined, flags: TokenizeFlags) => {
      process.exitCode = await runClientCommand({
        command,
        prepare: () => readCall({ command, text, flags }),
        work: (session, tokenCall) => answer(session, tokenCall, flags),
      });
    });
}

interface CommandLine {
  readonly command: Command;
  readonly text: string | undefined;
  readonly flags: TokenizeFlags;
}

async function readCall({ command, text: argument, flags }: CommandLine): Promise<TokenCall> {
  const { file, detokenize, pieces = false, count = false, json = false } = flags;
  if ([pieces, count, json].filter(Boolean).length > 1) {
    throw new UsageError(["--pieces, --count and --json: only one of them can be given"]);
  }
  const request = readRequestFlags(command, TOKENIZE_FLAGS);
  if (detokenize !== undefined) {
    const isMixed = argument !== undefined || file !== undefined || pieces || count || Object.keys(request).length > 0;
    if (isMixed) throw new UsageError(["--detokenize: takes no text, and no other flag than --json"]);
    return { method: "Detokenize", request: readRequestFlags(command, DETOKENIZE_FLAGS) };
  }
  const { stdin } = process;
  const text = await readTextArgument({ argument, file, fallback: stdin, stdin });
  if (text === undefined)
    throw new UsageError(["there is no text: give one as an argument, by --file, or on standard input"]);
  return { method: "Tokenize", request: { ...request, text } };
}

async function answer(session: ClientSession, tokenCall: TokenCall, flags: TokenizeFlags): Promise<void> {
  await session.output.write(await answerText(session, tokenCall, flags));
}

async function answerText(
  session: ClientSession,
  { method, request }: TokenCall,
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

/**
 * Fetches the text of each token by itself, once per id. A token that is only a part of a character has U+FFFD.
 *
 * @throws CallFailure, or the signal's reason
 */
async function readPieces(
  { client, call }: Pick<ClientSession, "client" | "call">,
  tokenIds: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const pieces = new Map<number, string>();
  const ids = new Set(tokenIds).values();
  const askInTurn = async (): Promise<void> => {
    for (const id of ids) {
      const { text = "" }: { readonly text?: string } = await client.unary(
        "rill.v1.TokenService/Detokenize",
        { token_ids: [id] },
        call,
      );
      pieces.set(id, text);
    }
  };
  // All of them take from the same iterator, so each id is requested once.
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, askInTurn));
  return pieces;
}
