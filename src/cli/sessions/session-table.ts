import { formatDuration } from "../../settings/units.js";
import type { SessionJson } from "./session-json.js";

/** The columns with their usual widths. A wider value pushes the rest of its line, so no line waits for a later page. */
const COLUMNS: readonly Column[] = [
  { fact: "id", heading: "ID", width: 28 },
  { fact: "turns", heading: "TURNS", width: 5 },
  { fact: "revision", heading: "REVISION", width: 8 },
  { fact: "bytes", heading: "BYTES", width: 7 },
  { fact: "idle", heading: "IDLE", width: 5 },
  { fact: "used", heading: "USED", width: 20 },
  { fact: "running", heading: "RUNNING", width: 7 },
  { fact: "labels", heading: "LABELS", width: 0 },
];
/** Text that needs no quotes in a table or after a = in a shell. */
const PLAIN = /^[\w.:/@+-]+$/;

interface Column {
  readonly fact: keyof SessionFacts;
  readonly heading: string;
  readonly width: number;
}

/** Formats the heading of the table. */
export function sessionHead(): string {
  return line(({ heading }) => heading);
}

/** Formats one session as a line of the table. */
export function sessionLine(facts: SessionFacts): string {
  return line(({ fact }) => facts[fact]);
}

function line(cellOf: (column: Column) => string): string {
  return COLUMNS.map((column) => cellOf(column).padEnd(column.width)).join("  ");
}

/** The facts about a session as text, for a line of a table and for a list. */
export interface SessionFacts {
  readonly id: string;
  readonly turns: string;
  readonly revision: string;
  readonly bytes: string;
  /** The idle timeout, such as 24h. */
  readonly idle: string;
  /** The time of creation to the second, in UTC. */
  readonly created: string;
  readonly used: string;
  /** The number of the running turn, or -. */
  readonly running: string;
  /** The labels, such as "app=demo user=ann", or -. */
  readonly labels: string;
}

export function sessionFacts(session: SessionJson): SessionFacts {
  const labels = Object.entries(session.labels ?? {}).map(([key, value]) => `${quoted(key)}=${quoted(value)}`);
  return {
    id: session.sessionId ?? "",
    turns: String(session.turns ?? 0),
    revision: String(session.revision ?? 0),
    bytes: String(session.storedBytes ?? 0),
    idle: idleText(session.idleTimeout),
    created: secondOf(session.createdTime),
    used: secondOf(session.usedTime),
    running: session.runningTurn === undefined ? "-" : String(session.runningTurn.number ?? 0),
    labels: labels.length === 0 ? "-" : labels.toSorted().join(" "),
  };
}

/** Quotes a label, so that it neither breaks a line nor looks like two. */
function quoted(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text);
}

/** Formats a duration in the JSON form of protobuf: "86400s" becomes "24h". */
function idleText(duration: string | undefined): string {
  return duration === undefined ? "-" : formatDuration(Math.round(Number(duration.slice(0, -1)) * 1_000));
}

/** Shortens a time: "2026-01-31T12:00:00.250Z" becomes "2026-01-31T12:00:00Z". */
function secondOf(time: string | undefined): string {
  return time === undefined ? "-" : time.replace(/\.\d+Z$/, "Z");
}
