import type { Message } from "../../core/conversation.js";
import type { TurnInput } from "../../core/generation-request.js";
import type { Turn } from "../../sessions/session.js";
import type { GenerationCall } from "../claim/generation-call.js";
import { checkCallIds, storedCallIds } from "../call/call-ids.js";
import { Violations } from "../../core/generation-error.js";
import { type FittedConversation, fitConversation } from "./fit-conversation.js";
import { turnRefusal } from "./turn-refusal.js";

/** If the caller gives no maximum, at most this share of the context is kept free for the output. */
const OUTPUT_SHARE = 4;

/** Prepares a turn's history and new messages. @throws GenerationError if they do not fit, or the model's template refuses them */
export async function readTurnInput(
  { request, backend, limits }: GenerationCall,
  { input, history, signal }: { input: TurnInput; history: readonly Turn[]; signal: AbortSignal },
): Promise<FittedConversation> {
  const { contextTokens } = backend.engine;
  const { messages, contextPolicy: policy, tools, templateArguments } = input;
  const { constraint, reasoning } = request;
  const { maxOutputTokens } = request.stopping;
  const room = maxOutputTokens ?? Math.min(limits.defaultMaxOutputTokens, Math.floor(contextTokens / OUTPUT_SHARE));
  // A conversation that is cut leaves room for an answer; any other input may use all but one token.
  const maxInputTokens = policy === "refuse" ? contextTokens - 1 : Math.max(1, contextTokens - room);
  requireKnownCalls(messages, history);
  let conversationLength = 0;
  try {
    return await fitConversation({
      history,
      messages,
      policy,
      prepare: async (conversation) => {
        conversationLength = conversation.length;
        return await backend.preparer.prepare(
          { type: "chat", messages: conversation, tools, templateArguments },
          { maxInputTokens, signal, constraint, reasoning: reasoning?.enabled },
        );
      },
    });
  } catch (thrown) {
    throw turnRefusal(thrown, conversationLength - messages.length);
  }
}

/** @throws GenerationError INVALID_REQUEST for each message with the result of no earlier call, or with a call whose id is taken */
function requireKnownCalls(messages: readonly Message[], history: readonly Turn[]): void {
  const violations = new Violations();
  checkCallIds({ field: "turn.messages", messages, known: storedCallIds(history) }, violations);
  violations.throwIfAny();
}
