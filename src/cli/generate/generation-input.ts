import type { JsonObject } from "../../client/contract-json.js";
import { flagOf } from "../../settings/setting.js";
import { readGivenMessages } from "../input/given-messages.js";
import { readTextArgument } from "../input/read-text.js";
import { UsageError } from "../command/usage-error.js";
import { GENERATION_FLAGS } from "./generation-flags.js";

/** The input on the command line, besides the flags for fields of the contract. */
export interface InputFlags {
  /** The positional argument. */
  readonly prompt: string | undefined;
  readonly file: string | undefined;
  /** Whether the prompt is a message of the user. */
  readonly chat: boolean;
  readonly system: string | undefined;
  /** The path of a file with messages. */
  readonly messages: string | undefined;
  /** The results of tool calls, each as ID=FILE. */
  readonly toolResults?: readonly string[];
  /** Whether tokens are given instead of text. */
  readonly hasTokens: boolean;
  /** The fields of `turn` that flags gave, including those that a `chat` has too, or undefined if there are none. */
  readonly turn: JsonObject | undefined;
}

/** The fields that `chat` and `turn` share. */
const CHAT_FIELDS = ["tools", "tool_choice", "parallel_tool_calls", "template_arguments"];

/**
 * Reads the input of the request: `prompt`, `chat` or `turn`, or nothing if tokens are given. The system message comes first, then the messages of
 * the file, then results of tool calls, then the prompt as a message of the user.
 *
 * @throws UsageError
 */
export async function readGenerationInput(input: InputFlags, stdin: NodeJS.ReadStream): Promise<JsonObject> {
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

/**
 * Checks which inputs are given before anything is read.
 * @throws UsageError
 */
function requireOneInput(input: InputFlags & { readonly hasOptions: boolean }): void {
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

/** Divides the fields into those of the turn alone and those that a chat has too. Each part is undefined if it is empty. */
function partsOf(given: JsonObject = {}): { turn: JsonObject | undefined; options: JsonObject | undefined } {
  const entries = Object.entries(given);
  const options = entries.filter(([name]) => CHAT_FIELDS.includes(name));
  const turn = entries.filter(([name]) => !CHAT_FIELDS.includes(name));
  return {
    turn: turn.length === 0 ? undefined : Object.fromEntries(turn),
    options: options.length === 0 ? undefined : Object.fromEntries(options),
  };
}

/** The flags that gave these fields. */
function flagsOf(turn: JsonObject): string[] {
  const fields = Object.keys(turn).map((name) => `turn.${name}`);
  return GENERATION_FLAGS.filter(({ field }) => fields.includes(field)).map(({ name }) => flagOf(name));
}
