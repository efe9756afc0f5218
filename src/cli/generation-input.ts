import type { JsonObject } from "../rpc/client/contract-json.js";
import { GENERATION_FLAGS } from "./generation-flags.js";
import { readGivenMessages } from "./given-messages.js";
import { flagOf } from "./setting.js";
import { readTextArgument } from "./text-argument.js";
import { UsageError } from "./usage-error.js";

/** What the command line says about the input, beside the flags of the contract's fields. */
export interface GenerationInput {
  /** The positional argument. */
  readonly prompt: string | undefined;
  readonly file: string | undefined;
  /** The prompt is a message of the user. */
  readonly chat: boolean;
  readonly system: string | undefined;
  /** Path of a file of messages. */
  readonly messages: string | undefined;
  /** Tokens are given in place of any text. */
  readonly hasTokens: boolean;
  /** Fields of `turn` that flags gave; undefined: none did. */
  readonly turn: JsonObject | undefined;
}

/**
 * The input of the request: `prompt`, `chat`, `turn`, or nothing where tokens are given. A system message comes first, then the messages of the file,
 * then the prompt as a message of the user.
 *
 * @throws UsageError
 */
export async function readGenerationInput(input: GenerationInput, stdin: NodeJS.ReadStream): Promise<JsonObject> {
  const { prompt, file, system, messages: path, hasTokens, turn } = input;
  requireOneInput(input);
  if (hasTokens) return {};
  if (turn?.continue_answer === true) return { turn };
  const fallback = path === undefined ? stdin : undefined;
  const text = await readTextArgument({ argument: prompt, file, fallback, stdin });
  if (text === undefined && path === undefined) {
    throw new UsageError(["there is no prompt: give one as an argument, by --file, or on standard input"]);
  }
  if (!input.chat && system === undefined && path === undefined && turn === undefined) return { prompt: text ?? "" };
  const messages = await readGivenMessages({ system, path, text });
  return turn === undefined ? { chat: { messages } } : { turn: { ...turn, messages } };
}

/** Looks at what was given, not into it: nothing is read for a command line that is wrong anyway. @throws UsageError */
function requireOneInput({ prompt, file, chat, system, messages, hasTokens, turn }: GenerationInput): void {
  const hasText = prompt !== undefined || file !== undefined;
  const hasMessages = system !== undefined || messages !== undefined;
  if (hasTokens && (hasText || hasMessages || chat || turn !== undefined)) {
    throw new UsageError(["--token-ids was given beside another input: only one can be taken"]);
  }
  if (turn === undefined) return;
  if (turn.session_id === undefined) {
    throw new UsageError([`${flagsOf(turn).join(", ")}: only for a turn of a session, which --session names`]);
  }
  if (turn.continue_answer === true && (hasText || hasMessages || chat)) {
    throw new UsageError(["--continue: goes on with the last answer, and takes neither a prompt nor messages"]);
  }
}

/** Those that gave these fields. */
function flagsOf(turn: JsonObject): string[] {
  const fields = Object.keys(turn).map((name) => `turn.${name}`);
  return GENERATION_FLAGS.filter(({ field }) => fields.includes(field)).map(({ name }) => flagOf(name));
}
