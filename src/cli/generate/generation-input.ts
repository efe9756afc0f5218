import type { JsonObject } from "../../client/contract-json.js";
import { GENERATION_FLAGS } from "./generation-flags.js";
import { readGivenMessages } from "../input/given-messages.js";
import { flagOf } from "../../settings/setting.js";
import { readTextArgument } from "../input/text-argument.js";
import { UsageError } from "../command/usage-error.js";

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
  /** Results of calls, each ID=FILE. */
  readonly toolResults?: readonly string[];
  /** Tokens are given in place of any text. */
  readonly hasTokens: boolean;
  /** Fields of `turn` that flags gave, those that are as good for a `chat` included; undefined: none did. */
  readonly turn: JsonObject | undefined;
}

/** What `chat` has just as `turn`. */
const CHAT_FIELDS = ["tools", "tool_choice", "parallel_tool_calls", "template_arguments"];

/**
 * The input of the request: `prompt`, `chat`, `turn`, or nothing where tokens are given. A system message comes first, then the messages of the file,
 * then results of calls, then the prompt as a message of the user.
 *
 * @throws UsageError
 */
export async function readGenerationInput(input: GenerationInput, stdin: NodeJS.ReadStream): Promise<JsonObject> {
  const { prompt, file, system, messages: path, toolResults = [], hasTokens } = input;
  const { options, turn } = partsOf(input.turn);
  requireOneInput({ ...input, turn, hasOptions: options !== undefined });
  if (hasTokens) return {};
  if (turn?.continue_answer === true) return { turn: { ...turn, ...options } };
  const hasMessages = path !== undefined || toolResults.length > 0;
  const text = await readTextArgument({ argument: prompt, file, fallback: hasMessages ? undefined : stdin, stdin });
  if (text === undefined && !hasMessages) {
    throw new UsageError(["there is no prompt: give one as an argument, by --file, or on standard input"]);
  }
  const isChat = input.chat || system !== undefined || hasMessages || options !== undefined;
  if (!isChat && turn === undefined) return { prompt: text ?? "" };
  const messages = await readGivenMessages({ system, path, toolResults, text });
  return turn === undefined ? { chat: { messages, ...options } } : { turn: { ...turn, ...options, messages } };
}

/** Looks at what was given, not into it: nothing is read for a command line that is wrong anyway. @throws UsageError */
function requireOneInput(input: GenerationInput & { readonly hasOptions: boolean }): void {
  const { prompt, file, chat, system, messages, toolResults = [], hasTokens, turn, hasOptions } = input;
  const hasText = prompt !== undefined || file !== undefined;
  const hasMessages = system !== undefined || messages !== undefined || toolResults.length > 0;
  if (hasTokens && (hasText || hasMessages || chat || hasOptions || turn !== undefined)) {
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

/** What is the turn's alone, and what a chat has as well; undefined: nothing of it was given. */
function partsOf(given: JsonObject = {}): { turn: JsonObject | undefined; options: JsonObject | undefined } {
  const entries = Object.entries(given);
  const options = entries.filter(([name]) => CHAT_FIELDS.includes(name));
  const turn = entries.filter(([name]) => !CHAT_FIELDS.includes(name));
  return {
    turn: turn.length === 0 ? undefined : Object.fromEntries(turn),
    options: options.length === 0 ? undefined : Object.fromEntries(options),
  };
}

/** Those that gave these fields. */
function flagsOf(turn: JsonObject): string[] {
  const fields = Object.keys(turn).map((name) => `turn.${name}`);
  return GENERATION_FLAGS.filter(({ field }) => fields.includes(field)).map(({ name }) => flagOf(name));
}
