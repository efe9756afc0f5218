/**
 * What a log says of an error that nobody foresaw: its name, its message and where it was thrown, then the same of its causes. A SyntaxError comes
 * without its message, because that quotes what was parsed (JSON, a pattern, a number), which may be a caller's text. Any thread.
 */
export function faultText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error instanceof SyntaxError ? faultPlace(error) : (error.stack ?? `${error.name}: ${error.message}`);
  return error.cause === undefined ? own : `${own}\ncaused by ${faultText(error.cause)}`;
}

/** The same without any message, for where callers' text is worked on and every message may quote it. */
export function faultPlace(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const { name, message, stack = "" } = error;
  // The stack begins with the message, which may have any number of lines.
  const start = message === "" ? stack.indexOf("\n") : stack.indexOf(message) + message.length;
  const isFound = stack.includes(message) && start >= 0;
  return `${name}${isFound ? stack.slice(start) : ""}`;
}

/** Control characters, marks of direction, halves of surrogate pairs and the like: JSON passes most of them on to whatever shows the log. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A caller's id or label as a log line may hold it: each character that a terminal would not show as itself is written as its code point. */
export function printableText(text: string): string {
  return text.replace(UNPRINTABLE, (met) => `\\u{${(met.codePointAt(0) ?? 0).toString(16)}}`);
}
