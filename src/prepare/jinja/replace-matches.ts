/** Replaces each match of a global pattern by what `write` makes of it. */
export function replaceMatches(text: string, pattern: RegExp, write: (match: RegExpExecArray) => string): string {
  let replaced = "";
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    replaced += text.slice(from, match.index) + write(match);
    from = match.index + match[0].length;
  }
  return replaced + text.slice(from);
}
