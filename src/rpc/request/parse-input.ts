import {
  type Chat,
  type Message as MessageMessage,
  Role as RoleMessage,
} from "../../../generated/rill/v1/conversation.js";
import type { TokenIds } from "../../../generated/rill/v1/token_ids.js";
import type { Message, Role } from "../../core/conversation.js";
import type { GenerationInput } from "../../core/generation-request.js";
import { parseTokenIds } from "./parse-token-ids.js";
import type { Violations } from "./violations.js";

/** The fields that GenerateRequest and CountTokensRequest share. */
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
  readonly maxMessages: number;
}

/** What the model reads; an empty prompt where there is a violation. */
export function parseInput(fields: InputFields, bounds: InputBounds, violations: Violations): GenerationInput {
  const { input } = fields;
  if (fields.parseControlTokens !== undefined && input?.$case !== "prompt") {
    violations.add("parse_control_tokens", "goes with a prompt only");
  }
  switch (input?.$case) {
    case "prompt":
      if (input.value === "") violations.add("prompt", "is empty");
      return { type: "prompt", text: input.value, parseControlTokens: fields.parseControlTokens ?? false };
    case "chat":
      return {
        type: "chat",
        messages: parseMessages(
          { field: "chat.messages", messages: input.value.messages, maxMessages: bounds.maxMessages },
          violations,
        ),
      };
    case "tokenIds": {
      const list = { field: "token_ids.ids", ids: input.value.ids, vocabularySize: bounds.vocabularySize };
      if (list.ids.length === 0) violations.add(list.field, "is empty");
      return { type: "token_ids", tokenIds: parseTokenIds(list, violations) };
    }
    case undefined:
      violations.add("input", "is missing: one of prompt, chat and token_ids is required");
      return { type: "prompt", text: "", parseControlTokens: false };
  }
}

/** A list of at least one message; an empty one where there are too many or too few. */
export function parseMessages(
  { field, messages, maxMessages }: { field: string; messages: readonly MessageMessage[]; maxMessages: number },
  violations: Violations,
): readonly Message[] {
  if (messages.length === 0 || messages.length > maxMessages) {
    violations.add(field, `has ${messages.length} messages; it must have 1 to ${maxMessages}`);
    return [];
  }
  return messages.map(({ role, content }, index) => {
    const path = `${field}[${index}]`;
    if (content === undefined) violations.add(`${path}.content`, "is missing");
    return Object.freeze({ role: parseRole(role, `${path}.role`, violations), content: content ?? "" });
  });
}

function parseRole(role: RoleMessage | undefined, field: string, violations: Violations): Role {
  switch (role) {
    case RoleMessage.SYSTEM:
      return "system";
    case RoleMessage.USER:
      return "user";
    case RoleMessage.ASSISTANT:
      return "assistant";
    default:
      // An unknown number arrives typed as a known one.
      violations.add(field, role === undefined ? "is missing" : `is ${role}, which is no role`);
      return "user";
  }
}
