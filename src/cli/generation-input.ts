import type { JsonObject } from "../rpc/client/contract-json.js";
import { readMessages } from "./messages-file.js";
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
}

/**
 * The input of the request: `prompt`, `chat`, or nothing where tokens are given. A system message comes first, then the messages of the file, then the
 * prompt as a message of the user.
 *
 * @throws UsageError
 */
export async function readGenerationInput(input: GenerationInput, stdin: NodeJS.ReadStream): Promise<JsonObject> {
  const { prompt, file, system, messages: path, hasTokens } = input;
  const isChat = input.chat || system !== undefined || path !== undefined;
  const fallback = hasTokens || path !== undefined ? undefined : stdin;
  const text = await readTextArgument({ argument: prompt, file, fallback, stdin });
  if (hasTokens && (isChat || text !== undefined)) {
    throw new UsageError(["--token-ids was given beside another input: only one can be taken"]);
  }
  if (hasTokens) return {};
  if (text === undefined && path === undefined) {
    throw new UsageError(["there is no prompt: give one as an argument, by --file, or on standard input"]);
  }
  if (!isChat) return { prompt: text ?? "" };
  const messages = [
    ...(system === undefined ? [] : [{ role: "ROLE_SYSTEM", content: system }]),
    ...(path === undefined ? [] : await readMessages(path)),
    ...(text === undefined ? [] : [{ role: "ROLE_USER", content: text }]),
  ];
  return { chat: { messages } };
}
