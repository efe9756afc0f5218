import {
  ContextPolicy as ContextPolicyMessage,
  type TurnInput as TurnInputMessage,
} from "../../../generated/rill/v1/turn_input.js";
import type { Message } from "../../core/conversation.js";
import type { ContextPolicy, TurnInput } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { refuseCallsAtEnd } from "../../generation/call/call-ids.js";
import { parseChatOptions } from "./parse-chat-options.js";
import { parseId, parseRevision } from "./parse-identity.js";
import { parseMessages } from "./parse-messages.js";
import type { Violations } from "../../core/generation-error.js";

/** Parses a turn. Whether results belong to calls of the session is checked once its history is loaded. */
export function parseTurnInput(message: TurnInputMessage, limits: Limits, violations: Violations): TurnInput {
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
