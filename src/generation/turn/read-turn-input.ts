import type { Message } from "../../core/conversation.js";
import { type FieldViolation, GenerationError, Violations } from "../../core/generation-error.js";
import type { TurnInput } from "../../core/generation-request.js";
import type { Turn } from "../../sessions/session.js";
import { checkCallIds, storedCallIds } from "../call/tool-call-ids.js";
import type { GenerationCall } from "../claim/generation-call.js";
import { fitConversation, type FittedConversation } from "./fit-conversation.js";

/** If the caller gives no maximum, at most this share of the context is kept free for the output. */
const OUTPUT_SHARE = 4;

/** The field of the messages in a refusal of a conversation. */
const MESSAGES = "chat.messages";
/** The beginning of a field of the conversation that is prepared for the turn. */
const CHAT = /^chat\./;

/** Prepares a turn's history and new messages. @throws GenerationError if they do not fit, or the model's template refuses them */
export async function readTurnInput(
  { request, backend, limits, handle }: GenerationCall,
  { input, history, signal }: { input: TurnInput; history: readonly Turn[]; signal: AbortSignal },
): Promise<FittedConversation> {
  const { contextTokens } = backend.engine;
  const { messages, contextPolicy: policy, tools, templateArguments } = input;
  const { constraint, strictSchema, reasoning } = request;
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
        const prepared = await backend.preparer.prepare(
          { type: "chat", messages: conversation, tools, templateArguments },
          {
            tenant: handle.caller.tenant,
            maxInputTokens,
            signal,
            constraint,
            strictSchema,
            reasoning: reasoning?.enabled,
          },
        );
        const notHeld = prepared.notHeld?.map((keyword) => ({
          ...keyword,
          field: keyword.field.replace(CHAT, "turn."),
        }));
        return { ...prepared, ...(notHeld && { notHeld }) };
      },
    });
  } catch (thrown) {
    throw turnRefusal(thrown, conversationLength - messages.length);
  }
}

/** @throws GenerationError INVALID_REQUEST for each message with the result of no earlier call, or with two calls of one id */
function requireKnownCalls(messages: readonly Message[], history: readonly Turn[]): void {
  const violations = new Violations();
  checkCallIds({ field: "turn.messages", messages, known: storedCallIds(history) }, violations);
  violations.throwIfAny();
}

/**
 * Renames the fields of a conversation's refusal to those of the turn request, which brought only the end of the conversation. A violation in a message of the
 * history names the session. Only the path at the beginning of a violation or of the error's text is replaced, because the rest may quote the caller.
 * @param historyLength the number of messages that are the session's
 */
export function turnRefusal(thrown: unknown, historyLength: number): unknown {
  if (!(thrown instanceof GenerationError)) return thrown;
  const [first] = thrown.violations;
  if (first === undefined) return thrown;
  const { code, message, facts, retryAfterMs, cause } = thrown;
  const violations = thrown.violations.map((violation) => toTurnField(violation, historyLength));
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
  const restated = restate(message, first, toTurnField(first, historyLength));
  return new GenerationError(code, restated, { violations, facts, cause, ...retry });
}

/** Replaces the field in the error's text if the text is the first violation's. */
function restate(message: string, before: FieldViolation, after: FieldViolation): string {
  return message === `${before.field}: ${before.description}` ? `${after.field}: ${after.description}` : message;
}

function toTurnField({ field, description }: FieldViolation, historyLength: number): FieldViolation {
  if (!field.startsWith(MESSAGES)) return { field: field.replace(CHAT, "turn."), description };
  const rest = field.slice(MESSAGES.length);
  const place = /^\[(\d+)\]/.exec(rest);
  if (place === null) return { field: `turn.messages${rest}`, description };
  const index = Number(place[1]) - historyLength;
  if (index < 0)
    return { field: "turn.session_id", description: `of the session's messages, one is refused: ${description}` };
  return { field: `turn.messages[${index}]${rest.slice(place[0].length)}`, description };
}
