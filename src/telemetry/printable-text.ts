/** Control characters, marks of direction, halves of surrogate pairs and the like: JSON passes most of them on to whatever shows the log. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A caller's id or label as a log line may hold it: each character that a terminal would not show as itself is written as its code point. */
export function printableText(text: string): string {
  return text.replace(UNPRINTABLE, (met) => `\\u{${(met.codePointAt(0) ?? 0).toString(16)}}`);
}
