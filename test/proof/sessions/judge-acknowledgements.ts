import type { AppendCall, ObservedCall, StoredSession, StoredTurn, TurnCall } from "./session-history.js";

type Writing = TurnCall | AppendCall;

/** What was acknowledged is there as it was told; what was said is there at most once, and not at all where it was refused. */
export function judgeAcknowledgements(session: StoredSession, calls: readonly ObservedCall[]): string[] {
  const writings = calls.filter((call): call is Writing => call.type === "turn" || call.type === "append");
  const turns = writings.filter((call): call is TurnCall => call.type === "turn");
  return [
    ...writings.flatMap((call) => (call.type === "turn" ? judgeTurn(session, call) : judgeAppend(session, call))),
    ...judgeSaid(session, writings),
    ...judgeKeys(turns),
  ];
}

function judgeTurn({ turns }: StoredSession, call: TurnCall): string[] {
  const { accepted, end, said, text } = call;
  const faults: string[] = [];
  const number = accepted?.number ?? (end.type === "over" ? end.turn.number : undefined);
  if (number === undefined) return faults;
  const stored = turns[number - 1];
  if (stored === undefined) return [`turn ${number} was acknowledged and is lost: "${said ?? "continued"}"`];
  if (accepted !== undefined) {
    const { revision, generationId } = accepted;
    if (stored.revision !== revision || stored.generationId !== generationId) {
      faults.push(`turn ${number} was accepted as ${generationId} with revision ${revision}, and is ${nameOf(stored)}`);
    }
    // A turn whose server is lost ends with the text of its last renewal.
    if (!stored.answer.startsWith(text) && !text.startsWith(stored.answer)) {
      faults.push(`turn ${number} was delivered as "${text}", and is stored as "${stored.answer}"`);
    }
  }
  if ((stored.said[0] ?? undefined) !== said) faults.push(`turn ${number} says "${stored.said.join()}", not "${said}"`);
  if (end.type === "completed") {
    const { status, answer, endRevision } = stored;
    if (status !== end.status || answer !== text || endRevision !== end.revision) {
      faults.push(
        `turn ${number} was completed as ${end.status}, "${text}", revision ${end.revision}, and is ${nameOf(stored)}`,
      );
    }
  }
  if (end.type === "over" && (stored.status !== end.turn.status || stored.endRevision !== end.turn.endRevision)) {
    faults.push(`turn ${number} was said to be ${end.turn.status}, and is ${nameOf(stored)}`);
  }
  return faults;
}

function judgeAppend({ turns }: StoredSession, { said, end }: AppendCall): string[] {
  if (end.type !== "done") return [];
  const stored = turns[end.number - 1];
  const isThere = stored?.status === "appended" && stored.revision === end.revision && stored.said.join() === said;
  return isThere ? [] : [`"${said}" was appended as turn ${end.number}, and is lost`];
}

function judgeSaid({ turns }: StoredSession, writings: readonly Writing[]): string[] {
  const faults: string[] = [];
  const own = turns.filter(({ revision }) => revision > 1);
  const counts = new Map<string, number>();
  for (const text of own.flatMap(({ said }) => said)) counts.set(text, (counts.get(text) ?? 0) + 1);
  const possible = new Set(writings.filter(({ end }) => end.type !== "refused").map(({ said }) => said));
  for (const [text, count] of counts) {
    if (count > 1) faults.push(`"${text}" is stored ${count} times`);
    if (!possible.has(text)) faults.push(`"${text}" is stored, though nobody said it, or it was refused`);
  }
  const continued = own.filter(({ said }) => said.length === 0).length;
  const asked = writings.filter(({ said, end }) => said === undefined && end.type !== "refused").length;
  if (continued > asked) faults.push(`${continued} turns go on with an answer; ${asked} were asked for`);
  return faults;
}

/** A key stands for one turn, whoever repeats it. */
function judgeKeys(calls: readonly TurnCall[]): string[] {
  const numbers = new Map<string, Set<number>>();
  for (const { key, accepted, end } of calls) {
    const number = accepted?.number ?? (end.type === "over" ? end.turn.number : undefined);
    if (key === undefined || number === undefined) continue;
    numbers.set(key, (numbers.get(key) ?? new Set()).add(number));
  }
  return [...numbers].filter(([, met]) => met.size > 1).map(([key, met]) => `key ${key} is turns ${[...met].join()}`);
}

function nameOf({ status, answer, generationId, revision, endRevision }: StoredTurn): string {
  return `${status}, "${answer}", ${generationId}, revisions ${revision} and ${endRevision}`;
}
