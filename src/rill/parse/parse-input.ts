import type { Chat } from "../../../generated/rill/v1/conversation.js";
import type { GenerateRequest } from "../../../generated/rill/v1/generation_service.js";
import type { TokenIds } from "../../../generated/rill/v1/token_ids.js";
import {
  ContextPolicy as ContextPolicyMessage,
  type TurnInput as TurnInputMessage,
} from "../../../generated/rill/v1/turn_input.js";
import type { Message } from "../../core/conversation.js";
import type { Violations } from "../../core/generation-error.js";
import type { ContextPolicy, GenerationInput, TurnInput } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { checkCallIds, refuseCallsAtEnd } from "../../generation/call/call-ids.js";
import { parseChatOptions } from "./parse-chat-options.js";
import { parseId, parseRevision, parseTokenIds } from "./parse-field.js";
import { parseMessages } from "./parse-messages.js";

/** The fields that GenerateRequest and CountTokensRequest share. `parseInputOrTurn` also takes a `turn`. */
interface InputFields {
  readonly input?:
    | { readonly $case: "prompt"; readonly value: string }
    | { readonly $case: "chat"; readonly value: Chat }
    | { readonly $case: "tokenIds"; readonly value: TokenIds }
    | undefined;
  readonly parseControlTokens?: boolean | undefined;
}

interface InputBounds {
  readonly vocabularySize: number;
  readonly limits: Limits;
  /** The kinds of input that the request may have, for the error text. */
  readonly kinds: string;
}

/** Parses the input of a generation, which may also be a turn of a session. */
export function parseInputOrTurn(
  message: Pick<GenerateRequest, "input" | "parseControlTokens">,
  { limits, vocabularySize }: Omit<InputBounds, "kinds">,
  violations: Violations,
): GenerationInput | TurnInput {
  const { input, parseControlTokens } = message;
  if (input?.$case !== "turn") {
    const bounds = { vocabularySize, limits, kinds: "prompt, chat, token_ids and turn" };
    return parseInput({ input, parseControlTokens }, bounds, violations);
  }
  requireNoControlTokens(parseControlTokens, violations);
  return parseTurnInput(input.value, limits, violations);
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

/** Parses a turn. Whether results belong to calls of the session is checked once its history is loaded. */
function parseTurnInput(message: TurnInputMessage, limits: Limits, violations: Violations): TurnInput {
  const { sessionId, expectedRevision, continueAnswer: continues = false, waitIfBusy = false } = message;
  if (sessionId === undefined) violations.add("turn.session_id", "is missing");
  if (continues && message.messages.length > 0) {
    violations.add("turn.messages", "is not valid with continue_answer, which takes no new messages");
  }
  return {
    type: "turn",
    sessionId: parseId({ field: "turn.session_id", value: sessionId }, limits, violations) ?? "",
    expectedRevision: parseRevision({ field: "turn.expected_revision", value: expectedRevision }, violations),
    messages: continues ? [] : parseNewMessages(message, limits, violations),
    continues,
    waitsIfBusy: waitIfBusy,
    contextPolicy: parsePolicy(message.contextPolicy, violations),
    ...parseChatOptions(message, { field: "turn", limits }, violations),
  };
}

function parseNewMessages({ messages }: TurnInputMessage, limits: Limits, violations: Violations): readonly Message[] {
  const field = "turn.messages";
  const parsed = parseMessages({ field, messages }, limits, violations);
  refuseCallsAtEnd({ field, messages: parsed }, violations);
  return parsed;
}

function parsePolicy(policy: ContextPolicyMessage | undefined, violations: Violations): ContextPolicy {
  switch (policy) {
    case undefined:
    case ContextPolicyMessage.REFUSE:
      return "refuse";
    case ContextPolicyMessage.DROP_OLDEST_TURNS:
      return "drop_oldest_turns";
    default:
      // An unknown number has the type of a known one.
      violations.add("turn.context_policy", `is ${policy}, which is no policy`);
      return "refuse";
  }
}

/** Refuses parse_control_tokens with inputs whose text never becomes control tokens. */
function requireNoControlTokens(parseControlTokens: boolean | undefined, violations: Violations): void {
  if (parseControlTokens !== undefined) violations.add("parse_control_tokens", "is valid only with a prompt");
}
