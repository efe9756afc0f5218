import type { OutputGrammar, UnheldKeyword } from "../../core/output-format.js";
import { checkAmbiguity } from "./check/check-ambiguity.js";
import { checkGrammar } from "./check/check-grammar.js";
import { isClosed } from "./check/rule-properties.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import {
  type CharsNode,
  type Grammar,
  type GrammarNode,
  GrammarProblem,
  type RepeatNode,
} from "./rules/grammar-node.js";

/** A grammar and the keywords of the caller's schemas that it does not hold. */
export interface CompiledGrammar extends OutputGrammar {
  readonly notHeld: readonly UnheldKeyword[];
}

/** The facts about a grammar that Rill generated, as opposed to one that the caller wrote. */
export interface GeneratedFacts {
  /** The choices at which an output may have several derivations. Every other position has one by construction. */
  readonly branchings: readonly GrammarNode[];
  /** The most steps that the check of the branchings takes. The default is that of `checkAmbiguity`. */
  readonly maxSteps?: number;
  /** The name of a rule in an error text. */
  readonly nameOf?: (rule: string) => string;
  /** Default: none. */
  readonly notHeld?: readonly UnheldKeyword[];
}

/**
 * Checks a grammar and writes it as GBNF.
 * @param generated undefined for a grammar that the caller wrote
 * @throws GrammarProblem
 */
export function finishGrammar(grammar: Grammar, bounds: GrammarBounds, generated?: GeneratedFacts): CompiledGrammar {
  checkGrammar(grammar, bounds, generated?.nameOf);
  const isUnambiguous = checkAmbiguity(grammar, { starts: generated?.branchings, maxSteps: generated?.maxSteps });
  const gbnf = writeGbnf(grammar);
  const bytes = Buffer.byteLength(gbnf);
  if (bytes > bounds.writtenBytes) {
    throw new GrammarProblem(`compiles to a grammar of ${bytes} bytes; at most ${bounds.writtenBytes} are allowed`);
  }
  // A generated grammar ends where its last part ends, even if an output has several derivations.
  const prefixFree = (isUnambiguous || generated !== undefined) && isClosed(grammar);
  return { gbnf, prefixFree, notHeld: generated?.notHeld ?? [] };
}

/** Writes the grammar in GBNF, llama.cpp's language. Characters outside a short list of plain ones become escapes. */
function writeGbnf(grammar: Grammar): string {
  return [...grammar].map(([name, node]) => `${name} ::= ${writeOptions(node)}\n`).join("");
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
