import type { SessionJson } from "./session-json.js";
import { formatDuration } from "../../settings/units.js";

/** What can stand in a table, or behind a = in a shell, as it is. */
const PLAIN = /^[\w.:/@+-]+$/;

/** A session's facts as people read them, for a line of a table and for a list alike. */
export interface SessionFacts {
  readonly id: string;
  readonly turns: string;
  readonly revision: string;
  readonly bytes: string;
  /** Such as 24h. */
  readonly idle: string;
  /** To the second, in UTC. */
  readonly created: string;
  readonly used: string;
  /** The number of the turn that runs, or -. */
  readonly running: string;
  /** Such as "app=demo user=ann", or -. */
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

/** Labels are anyone's words: they neither break a line nor look like two. */
function quoted(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text);
}

/** Of a duration as protobuf writes it in JSON: "86400s" → "24h" */
function idleText(duration: string | undefined): string {
  return duration === undefined ? "-" : formatDuration(Math.round(Number(duration.slice(0, -1)) * 1_000));
}

/** "2026-01-31T12:00:00.250Z" → "2026-01-31T12:00:00Z" */
function secondOf(time: string | undefined): string {
  return time === undefined ? "-" : time.replace(/\.\d+Z$/, "Z");
}
