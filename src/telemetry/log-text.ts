/**
 * Describes an unexpected error for the log: its name, its message and its stack, and those of its causes. A SyntaxError is described without its
 * message, which quotes the parsed text (JSON, a pattern, a number) and so may quote a caller. Runs on any thread.
 */
export function faultText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error instanceof SyntaxError ? faultPlace(error) : (error.stack ?? `${error.name}: ${error.message}`);
  return error.cause === undefined ? own : `${own}\ncaused by ${faultText(error.cause)}`;
}

/** Describes an error by its name and stack alone. Code that works on callers' texts uses it, because every message may quote one there. */
export function faultPlace(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const { name, message, stack = "" } = error;
  // The stack begins with the message, which may have any number of lines.
  const start = message === "" ? stack.indexOf("\n") : stack.indexOf(message) + message.length;
  const isFound = stack.includes(message) && start >= 0;
  return `${name}${isFound ? stack.slice(start) : ""}`;
}

/** Control characters, marks of direction, lone surrogates and the like. JSON passes most of them on to the program that shows the log. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Makes a caller's id or label fit for a log line: each character that a terminal would not show as itself is written as its code point. */
export function printableText(text: string): string {
  return text.replace(UNPRINTABLE, (met) => `\\u{${(met.codePointAt(0) ?? 0).toString(16)}}`);
}
