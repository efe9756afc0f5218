/** Stands in a page for what varies: within a line for any text, alone on a line for any number of lines. */
const PLACEHOLDER = "…";

/** Tells whether a command printed what the page shows. White space at the ends of lines and of the whole does not count. */
export function matchesExpected(printed: string, expected: string): boolean {
  return expectedPattern(expected).test(tidy(printed));
}

/** An expected output that says nothing of what is printed; such a command has to succeed. */
export function expectsAnything(expected: string): boolean {
  return expected.split("\n").every((line) => line.trim() === PLACEHOLDER || line.trim() === "");
}

function expectedPattern(expected: string): RegExp {
  let pattern = "";
  for (const line of tidy(expected).trimEnd().split("\n")) {
    if (line.trim() === PLACEHOLDER) pattern += "(?:.*\n)*?";
    else pattern += `${line.split(PLACEHOLDER).map(escapeText).join(".*?")}\n`;
  }
  return new RegExp(`^${pattern}$`);
}

function tidy(text: string): string {
  const lines = text.replaceAll("\r", "").split("\n");
  return `${lines
    .map((line) => line.trimEnd())
    .join("\n")
    .trim()}\n`;
}

function escapeText(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
