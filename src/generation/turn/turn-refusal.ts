import { type FieldViolation, GenerationError } from "../../core/generation-error.js";

const MESSAGES = "chat.messages";

/**
 * Why a conversation was refused, with the field names of the request that brought only its end. A violation in a message of the history names the session.
 * Only the path at the beginning of a violation or of the error's text is replaced: the rest may quote the caller.
 * @param historyLength messages of the conversation that are the session's
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

/** The error's text, where it is the first violation's, with the other field. */
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
