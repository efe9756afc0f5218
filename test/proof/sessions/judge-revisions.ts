import type { ObservedCall, StoredSession, StoredTurn } from "./session-history.js";

/** Every revision from 2 on belongs to one change: a turn's beginning, its end, an update. Those of calls with an unknown outcome may be missing. */
export function judgeRevisions({ revision: last, turns }: StoredSession, calls: readonly ObservedCall[]): string[] {
  const faults: string[] = [];
  const owners = new Map<number, string>();
  const claim = (revision: number | undefined, owner: string): void => {
    if (revision === undefined || revision < 2 || revision > last) {
      faults.push(`${owner} has revision ${revision}, outside 2 to ${last}`);
      return;
    }
    const other = owners.get(revision);
    if (other !== undefined) faults.push(`${owner} and ${other} have the same revision ${revision}`);
    owners.set(revision, owner);
  };
  let before = 1;
  for (const [index, turn] of turns.entries()) {
    const name = `turn ${turn.number}`;
    if (turn.number !== index + 1) faults.push(`${name} stands in place ${index + 1}`);
    faults.push(...judgeEnd(turn));
    if (turn.revision === 1) {
      if (before > 1) faults.push(`${name} has revision 1, after ${before}`);
      continue;
    }
    if (turn.revision <= before) faults.push(`${name} has revision ${turn.revision}, after ${before}`);
    claim(turn.revision, name);
    if (turn.status !== "appended") claim(turn.endRevision, `the end of ${name}`);
    before = turn.endRevision ?? turn.revision;
  }
  let unknownUpdates = 0;
  for (const call of calls) {
    if (call.type !== "update") continue;
    if (call.end.type === "done") claim(call.end.revision, "an update");
    else if (call.end.type === "unknown") unknownUpdates += 1;
  }
  const unclaimed = last - 1 - owners.size;
  if (unclaimed > unknownUpdates) {
    faults.push(`${unclaimed} of the revisions up to ${last} belong to nothing; ${unknownUpdates} updates are unknown`);
  }
  return faults;
}

function judgeEnd({ number, status, answer, generationId, revision, endRevision }: StoredTurn): string[] {
  const name = `turn ${number}`;
  if (status === "running") return [`${name} never ends`];
  if (endRevision === undefined) return [`${name} is ${status} and has no end_revision`];
  if (status === "appended") {
    return endRevision === revision && answer === "" && generationId === undefined
      ? []
      : [`${name} has an end of its own`];
  }
  if (revision > 1 && endRevision <= revision) return [`${name} ends with ${endRevision}, begun with ${revision}`];
  return generationId === undefined ? [`${name} has no generation`] : [];
}
