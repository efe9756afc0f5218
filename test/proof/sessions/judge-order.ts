import type { ObservedCall, ReadCall, StoredSession, StoredTurn } from "./session-history.js";

/** A moment at which somebody knew that the session had come so far. */
interface Known {
  readonly atMs: number;
  readonly revision: number;
}

/** Whoever began later sees at least what was known before, and a change that began later comes later; each read is the state of its revision. */
export function judgeOrder(session: StoredSession, calls: readonly ObservedCall[]): string[] {
  const known = calls.flatMap(knownBy).sort((a, b) => a.atMs - b.atMs);
  const shown = calls.flatMap(shownBy).sort((a, b) => a.sentMs - b.sentMs);
  const faults: string[] = [];
  let next = 0;
  let floor = 1;
  for (const { sentMs, revision, what } of shown) {
    for (; (known[next]?.atMs ?? Infinity) < sentMs; next += 1) floor = Math.max(floor, known[next]?.revision ?? 1);
    const least = what === "read" ? floor : floor + 1;
    if (revision < least) faults.push(`${what} shows revision ${revision}, begun when ${floor} was known`);
  }
  for (const call of calls) {
    if (call.type === "read") faults.push(...judgeRead(session, call));
  }
  return faults;
}

function knownBy(call: ObservedCall): Known[] {
  switch (call.type) {
    case "turn": {
      const { accepted, end } = call;
      const told = accepted === undefined ? [] : [accepted];
      return end.type === "completed" ? [...told, end] : told;
    }
    case "append":
    case "update":
      return call.end.type === "done" ? [call.end] : [];
    case "read":
      return [call];
    case "fork":
      return [];
  }
}

/** What a call shows of the moment at which it ran; a repeat shows an earlier one. */
function shownBy(call: ObservedCall): { sentMs: number; revision: number; what: string }[] {
  const { sentMs } = call;
  switch (call.type) {
    case "turn":
      if (call.accepted === undefined || call.key !== undefined) return [];
      return [{ sentMs, revision: call.accepted.revision, what: "a turn" }];
    case "append":
    case "update":
      return call.end.type === "done" ? [{ sentMs, revision: call.end.revision, what: `an ${call.type}` }] : [];
    case "read":
      return [{ sentMs, revision: call.revision, what: "read" }];
    case "fork":
      return [];
  }
}

function judgeRead({ revision: last, turns }: StoredSession, read: ReadCall): string[] {
  if (read.revision > last) return [`a read showed revision ${read.revision}, and it is ${last}`];
  if (read.turns === undefined) return [];
  const then = turns.filter(({ revision }) => revision <= read.revision).map((turn) => asOf(turn, read.revision));
  const there = read.turns.map((turn) => asOf(turn, read.revision));
  return JSON.stringify(then) === JSON.stringify(there)
    ? []
    : [`what was read of revision ${read.revision} is not what it was: ${JSON.stringify(firstOther(then, there))}`];
}

/** What of a turn that runs may still be seen to change is left out. */
function asOf(turn: StoredTurn, revision: number): object {
  const { number, said, generationId, status, answer, endRevision } = turn;
  const begun = { number, said, generationId, revision: turn.revision };
  return endRevision !== undefined && endRevision <= revision ? { ...begun, status, answer, endRevision } : begun;
}

function firstOther(then: readonly object[], there: readonly object[]): unknown {
  const index = then.findIndex((turn, place) => JSON.stringify(turn) !== JSON.stringify(there[place]));
  return index < 0 ? { more: there.length - then.length } : { stored: then[index], read: there[index] };
}
