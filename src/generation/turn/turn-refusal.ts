import { type FieldViolation, GenerationError } from "../../core/generation-error.js";

const MESSAGES = "chat.messages";

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
  if (!field.startsWith(MESSAGES)) return { field: field.replace(/^chat\./, "turn."), description };
  const rest = field.slice(MESSAGES.length);
  const place = /^\[(\d+)\]/.exec(rest);
  if (place === null) return { field: `turn.messages${rest}`, description };
  const index = Number(place[1]) - historyLength;
  if (index < 0)
    return { field: "turn.session_id", description: `of the session's messages, one is refused: ${description}` };
  return { field: `turn.messages[${index}]${rest.slice(place[0].length)}`, description };
}
