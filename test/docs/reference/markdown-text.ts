/** Commands with their words and flags, such as `rill sessions create`. */
const COMMAND =
  /\brill (?:serve|generate|sessions(?: (?:list|show|create|fork|delete)\b)?|tokenize|bench|pull)\b(?: (?:--[a-z-]+|"[^"]*"))*/;
/** Flags, variables, names of fields, text in braces, and the dash that stands for standard input. */
const WORD = /--[a-z][\w-]*|\bRILL_[A-Z_]+\b|\b[a-z]+(?:_[a-z0-9]+)+\b|\{[^}]*\}|(?<= )-(?= (?:reads|is) )/;
const CODE = new RegExp(`${COMMAND.source}|${WORD.source}`, "g");

/** A sentence of a help text as Markdown: flags and names become code, and other characters stay what they are. */
export function helpProse(text: string): string {
  let prose = "";
  let end = 0;
  for (const { 0: code, index } of text.matchAll(CODE)) {
    prose += `${escapeMarkdown(text.slice(end, index))}\`${code}\``;
    end = index + code.length;
  }
  return prose + escapeMarkdown(text.slice(end));
}

/** Text outside of code spans, in which no character has a meaning of its own. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[<*]/g, "\\$&");
}

/** A table. Its cells are Markdown in one line each; a `|` in them is escaped here, in code spans too, as the tables of code hosts ask for. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("\n");
}
