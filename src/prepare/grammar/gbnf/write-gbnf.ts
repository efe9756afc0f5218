import type { GrammarBounds } from "../rules/grammar-bounds.js";
import type { CharsNode, Grammar, GrammarNode, RepeatNode } from "../rules/grammar-node.js";

/** The rules of one slice of work. */
const RULES_PER_SLICE = 128;

/** The lines of rules, each of which is written once. */
const lines = new WeakMap<GrammarNode, { readonly name: string; readonly line: string }>();

/** Writes the grammar in GBNF, llama.cpp's language, and yields between slices of work. Characters outside a short list of plain ones become escapes. */
export function* writeGbnf(grammar: Grammar): Generator<undefined, string> {
  const written: string[] = [];
  for (const [name, node] of grammar) {
    if (written.push(writeRule(name, node)) % RULES_PER_SLICE === 0) yield;
  }
  return written.join("");
}

/** Says by how much a written grammar is beyond the bound. undefined means that it is within it. */
export function describeExcessBytes(
  bytes: number,
  { writtenBytes }: Pick<GrammarBounds, "writtenBytes">,
): string | undefined {
  return bytes > writtenBytes
    ? `compiles to a grammar of ${bytes} bytes; at most ${writtenBytes} are allowed`
    : undefined;
}

/** The line of one rule. */
export function writeRule(name: string, node: GrammarNode): string {
  const known = lines.get(node);
  if (known?.name === name) return known.line;
  const line = `${name} ::= ${writeOptions(node)}\n`;
  lines.set(node, { name, line });
  return line;
}

function writeOptions(node: GrammarNode): string {
  return node.type === "choice" ? node.options.map(writeNode).join(" | ") : writeNode(node);
}

function writeNode(node: GrammarNode): string {
  switch (node.type) {
    case "text":
      return `"${Array.from(node.text, (char) => writeChar(char.codePointAt(0) ?? 0)).join("")}"`;
    case "chars":
      return writeChars(node);
    case "sequence":
      // An empty sequence becomes an empty text, since a line's end after ::= or a bar would not end the rule.
      return node.parts.length === 0 ? '""' : node.parts.map(writeNode).join(" ");
    case "choice":
      return `(${writeOptions(node)})`;
    case "repeat":
      return `${writeNode(node.body)}${writeRounds(node)}`;
    case "rule":
      return node.name;
  }
}

function writeChars({ ranges, isNegated }: CharsNode): string {
  if (ranges.length === 0) return ".";
  const written = ranges.map(([first, last]) => writeChar(first) + (first === last ? "" : `-${writeChar(last)}`));
  return `[${isNegated ? "^" : ""}${written.join("")}]`;
}

function writeRounds({ min, max }: RepeatNode): string {
  if (max === Infinity) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === max) return `{${min}}`;
  return min === 0 && max === 1 ? "?" : `{${min},${max}}`;
}

function writeChar(codePoint: number): string {
  const char = String.fromCodePoint(codePoint);
  if (/^[A-Za-z0-9 _:,{}<>/|.]$/.test(char)) return char;
  const hex = codePoint.toString(16).toUpperCase();
  if (codePoint <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return codePoint <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
