import { judgeAcknowledgements } from "./judge-acknowledgements.js";
import { judgeOrder } from "./judge-order.js";
import { judgeRevisions } from "./judge-revisions.js";
import type { ForkCall, ObservedCall, StoredSession, StoredTurn } from "./session-history.js";

/**
 * Holds what clients were told beside what is stored in the end: nothing acknowledged is lost or there twice, no revision is left out, what was answered is
 * what is stored, what nobody knows of is stored whole or not at all, and nobody was shown an older state than another had been told of before.
 * @returns what contradicts that, in words
 */
export function judgeHistory(calls: readonly ObservedCall[], sessions: ReadonlyMap<string, StoredSession>): string[] {
  const faults: string[] = [];
  for (const call of calls) {
    if (!sessions.has(call.sessionId)) faults.push(`${call.sessionId}: a ${call.type} was sent, and it is not there`);
  }
  for (const session of sessions.values()) {
    const own = calls.filter(({ sessionId }) => sessionId === session.sessionId);
    const found = [
      ...judgeRevisions(session, own),
      ...judgeAcknowledgements(session, own),
      ...judgeOrder(session, own),
    ];
    faults.push(...found.map((fault) => `${session.sessionId}: ${fault}`));
  }
  for (const call of calls) {
    if (call.type === "fork") faults.push(...judgeFork(call, sessions));
  }
  return faults;
}

function judgeFork({ sessionId, end }: ForkCall, sessions: ReadonlyMap<string, StoredSession>): string[] {
  if (end.type !== "done") return [];
  const origin = sessions.get(sessionId);
  const fork = sessions.get(end.forkId);
  if (origin === undefined || fork === undefined) return [`${end.forkId}: an acknowledged fork is not there`];
  const copied = fork.turns.filter(({ revision }) => revision === 1).map(withoutRevisions);
  const there = origin.turns.slice(0, end.turns).map(withoutRevisions);
  const isSame = copied.length === end.turns && JSON.stringify(copied) === JSON.stringify(there);
  return isSame
    ? []
    : [`${end.forkId}: its ${copied.length} copied turns are not the first ${end.turns} of ${sessionId}`];
}

function withoutRevisions({ revision: _, endRevision: _end, ...turn }: StoredTurn): object {
  return turn;
}
