import { FinishReason } from "../../../generated/rill/v1/finish.js";
import { type Turn, TurnStatus } from "../../../generated/rill/v1/session.js";
import type { StoredStatus, StoredTurn } from "./session-history.js";

const STATUSES: ReadonlyMap<TurnStatus, StoredStatus> = new Map([
  [TurnStatus.APPENDED, "appended"],
  [TurnStatus.RUNNING, "running"],
  [TurnStatus.COMPLETE, "complete"],
  [TurnStatus.TRUNCATED, "truncated"],
  [TurnStatus.CANCELLED, "cancelled"],
  [TurnStatus.FAILED, "failed"],
]);

/** @throws Error for a status that is none */
export function toStoredTurn(turn: Turn): StoredTurn {
  const { number, messages, answer, generationId, revision, endRevision } = turn;
  const status = STATUSES.get(turn.status);
  if (status === undefined) throw new Error(`turn ${number} has status ${turn.status}`);
  const said = messages.map(({ content }) => content ?? "");
  return { number, status, said, answer: answer ?? "", generationId, revision, endRevision };
}

/** How a turn is stored that was answered with this. */
export function statusOfFinish(reason: FinishReason): StoredStatus {
  return reason === FinishReason.MAX_TOKENS ? "truncated" : "complete";
}
