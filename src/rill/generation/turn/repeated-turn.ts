import { GenerationError } from "../../../core/generation-error.js";
import type { Idempotency } from "../../../core/generation-request.js";
import type { RepeatedTurn } from "../../../sessions/session-store.js";
import { requireSameBody } from "../require-same-body.js";
import type { CompletedResult } from "../stored-results.js";
import { readTurnRecord } from "./turn-record.js";

/**
 * What a repeat of a turn gets that has ended.
 * @throws GenerationError IDEMPOTENCY_KEY_REUSED; TURN_ENDED where it did not come to a proper end: to run it again would ask its question twice
 */
export function resultOfRepeated(repeated: RepeatedTurn, idempotency: Idempotency): CompletedResult {
  const { turn, record } = repeated;
  requireSameBody(repeated, idempotency.bodyDigest);
  if (record !== undefined) return readTurnRecord(record, turn);
  const { number, status, outcome, endRevision } = turn;
  throw new GenerationError("TURN_ENDED", `the turn has ended before its answer was whole: it is ${status}`, {
    facts: {
      turn: String(number),
      status,
      error_reason: outcome?.error ?? "",
      revision: String(endRevision ?? ""),
    },
  });
}
