import type { Chat } from "../../../generated/rill/v1/conversation.js";
import type { TokenIds } from "../../../generated/rill/v1/token_ids.js";
import type { GenerationInput } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { checkCallIds, refuseCallsAtEnd } from "../../generation/call/call-ids.js";
import { parseChatOptions } from "./parse-chat-options.js";
import { parseMessages } from "./parse-messages.js";
import { parseTokenIds } from "./number-field.js";
import type { Violations } from "../../core/generation-error.js";

/** The fields that GenerateRequest and CountTokensRequest share. A `turn` is parsed elsewhere. */
export interface InputFields {
  readonly input?:
    | { readonly $case: "prompt"; readonly value: string }
    | { readonly $case: "chat"; readonly value: Chat }
    | { readonly $case: "tokenIds"; readonly value: TokenIds }
    | undefined;
  readonly parseControlTokens?: boolean | undefined;
}

export interface InputBounds {
  readonly vocabularySize: number;
  readonly limits: Limits;
  /** The kinds of input that the request may have, for the error text. */
  readonly kinds: string;
}

/** Parses the input of the model. It is an empty prompt if there is a violation. */
export function parseInput(fields: InputFields, bounds: InputBounds, violations: Violations): GenerationInput {
  const { input } = fields;
  if (input?.$case !== "prompt") requireNoControlTokens(fields.parseControlTokens, violations);
  switch (input?.$case) {
    case "prompt":
      if (input.value === "") violations.add("prompt", "is empty");
      return { type: "prompt", text: input.value, parseControlTokens: fields.parseControlTokens ?? false };
    case "chat":
      return parseChat(input.value, bounds.limits, violations);
    case "tokenIds": {
      const list = { field: "token_ids.ids", ids: input.value.ids, vocabularySize: bounds.vocabularySize };
      if (list.ids.length === 0) violations.add(list.field, "is empty");
      return { type: "token_ids", tokenIds: parseTokenIds(list, violations) };
    }
    case undefined:
      violations.add("input", `is missing: one of ${bounds.kinds} is required`);
      return { type: "prompt", text: "", parseControlTokens: false };
  }
}

function parseChat(chat: Chat, limits: Limits, violations: Violations): GenerationInput {
  const list = {
    field: "chat.messages",
    messages: parseMessages({ field: "chat.messages", messages: chat.messages }, limits, violations),
  };
  checkCallIds(list, violations);
  refuseCallsAtEnd(list, violations);
  return { type: "chat", messages: list.messages, ...parseChatOptions(chat, { field: "chat", limits }, violations) };
}

/** Refuses parse_control_tokens with inputs whose text never becomes control tokens. */
export function requireNoControlTokens(parseControlTokens: boolean | undefined, violations: Violations): void {
  if (parseControlTokens !== undefined) violations.add("parse_control_tokens", "is valid only with a prompt");
}
