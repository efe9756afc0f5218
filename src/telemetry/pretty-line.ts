import { printableText } from "./log-text.js";

/** A text that stands in a line without quotes. */
const PLAIN = /^[\w@%+:,./*-]+$/;
const TIME_LENGTH = "hh:mm:ss.mmm".length;

const RESET = "\x1b[0m";
const DIM = "\x1b[2m";
const COLOURS: Readonly<Record<string, string>> = { warn: "\x1b[33m", error: "\x1b[31m" };

interface LogRecord {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly err?: unknown;
  readonly [field: string]: unknown;
}

/**
 * Turns a line of the JSON log into a line for people: local time, level, message and fields. The stack of an error follows on indented lines. Every
 * character that a terminal would not show as itself is written as its code point, so a field cannot forge a line.
 *
 * @param isColoured whether the destination shows colours
 */
export function prettyLine(json: string, isColoured: boolean): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json) as LogRecord;
  const painted = (text: string, colour: string | undefined): string =>
    isColoured && colour !== undefined ? `${colour}${text}${RESET}` : text;
  const failure = loggedError(err);
  const shown = Object.entries({ ...fields, ...(failure === undefined ? { err } : { code: failure.code }) });
  const parts = [
    painted(localTime(time), DIM),
    painted(level.padEnd(5), COLOURS[level]),
    printableText(msg),
    ...shown.flatMap(([name, value]) =>
      value === undefined ? [] : [`${painted(`${printableText(name)}=`, DIM)}${valueText(value)}`],
    ),
  ];
  const lines = failure === undefined ? [] : failure.stack.split("\n").map((line) => `    ${printableText(line)}`);
  return [parts.join(" "), ...lines].map((line) => `${line}\n`).join("");
}

interface LoggedError {
  /** The name, the message and the calls. */
  readonly stack: string;
  readonly code?: unknown;
}

/** Returns the fields that the log keeps of an Error, or undefined for anything else under `err`. */
function loggedError(err: unknown): LoggedError | undefined {
  const isError = typeof err === "object" && err !== null && "stack" in err && typeof err.stack === "string";
  return isError ? (err as LoggedError) : undefined;
}

function valueText(value: unknown): string {
  if (typeof value === "string" && PLAIN.test(value)) return value;
  return printableText(JSON.stringify(value));
}

/** The time of day here of a time in ISO 8601, such as 09:05:03.120. */
function localTime(time: string): string {
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(-TIME_LENGTH - 1, -1);
}
