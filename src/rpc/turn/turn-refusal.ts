import type { FieldViolation } from "../../core/field-violation.js";
import { GenerationError } from "../../core/generation-error.js";

const MESSAGES = "chat.messages";

/**
 * Why a conversation was refused, in the words of the request that brought only its end: what is wrong with a message names that message, or the session
 * where it stands in the history.
 * @param historyLength messages of the conversation that are the session's
 */
export function turnRefusal(thrown: unknown, historyLength: number): unknown {
  if (!(thrown instanceof GenerationError) || thrown.violations.length === 0) return thrown;
  const { code, message, facts, retryAfterMs, cause } = thrown;
  const violations = thrown.violations.map((violation) => toTurnField(violation, historyLength));
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new GenerationError(code, message.replaceAll(MESSAGES, "the conversation").replaceAll("chat.", "turn."), {
    violations,
    facts,
    cause,
    ...retry,
  });
}

function toTurnField({ field, description }: FieldViolation, historyLength: number): FieldViolation {
  if (!field.startsWith(MESSAGES)) return { field: field.replace(/^chat\./, "turn."), description };
  const rest = field.slice(MESSAGES.length);
  const place = /^\[(\d+)\]/.exec(rest);
  if (place === null) return { field: `turn.messages${rest}`, description };
  const index = Number(place[1]) - historyLength;
  if (index < 0)
    return { field: "turn.session_id", description: `of the session's messages, one is refused: ${description}` };
  return { field: `turn.messages[${index}]${rest.slice(place[0].length)}`, description };
}
