import type { GrammarBounds } from "../rules/grammar-bounds.js";
import type { Grammar, GrammarNode, RepeatNode } from "../rules/grammar-node.js";

export interface GrammarSize {
  /** Named rules, and groups, which are rules without a name. */
  readonly rules: number;
  /** Symbols of llama.cpp's own form, with repetitions written out. */
  readonly symbols: number;
  /** The depth of the most deeply nested group. */
  readonly nesting: number;
}

/** Says by how much rules or symbols are beyond the bounds. undefined means that they are within them. */
export function describeExcess(
  { rules, symbols }: Pick<GrammarSize, "rules" | "symbols">,
  bounds: Pick<GrammarBounds, "rules" | "symbols">,
): string | undefined {
  if (rules > bounds.rules) return `compiles to ${rules} rules; at most ${bounds.rules} are allowed`;
  if (symbols <= bounds.symbols) return undefined;
  return `compiles to ${symbols} symbols with its repetitions written out; at most ${bounds.symbols} are allowed`;
}

/** The size of the grammar once llama.cpp has compiled it. Its time and memory grow with this size. */
export function measureGrammar(grammar: Grammar): GrammarSize {
  const sizes = [...grammar.values()].map((node) => measureRule(node));
  return {
    rules: sizes.reduce((sum, size) => sum + size.rules + 1, 0),
    symbols: sizes.reduce((sum, size) => sum + size.symbols + 1, 0),
    nesting: sizes.reduce((most, size) => Math.max(most, size.nesting), 0),
  };
}

/** The size of one rule or group with its options. */
export function measureRule(node: GrammarNode): GrammarSize {
  if (node.type !== "choice") return measure(node);
  return addUp(node.options.map(measure), node.options.length);
}

function measure(node: GrammarNode): GrammarSize {
  switch (node.type) {
    case "text":
      return { rules: 0, symbols: node.text.length, nesting: 0 };
    case "chars":
      return { rules: 0, symbols: Math.max(1, node.ranges.length * 2), nesting: 0 };
    case "rule":
      return { rules: 0, symbols: 1, nesting: 0 };
    case "sequence":
      return addUp(node.parts.map(measure), 0);
    case "repeat":
      return { ...measure(node.body), symbols: writtenOut(node) };
    case "choice": {
      const inner = measureRule(node);
      return { rules: inner.rules + 1, symbols: inner.symbols + 2, nesting: inner.nesting + 1 };
    }
  }
}

/** Each optional round becomes a rule: the body, a reference to the next round, a bar and an end. */
function writtenOut({ body, min, max }: RepeatNode): number {
  const each = measure(body).symbols;
  const optional = max === Infinity ? 1 : max - min;
  return each * min + optional * (each + 3) + 1;
}

function addUp(sizes: readonly GrammarSize[], more: number): GrammarSize {
  return {
    rules: sizes.reduce((sum, { rules }) => sum + rules, 0),
    symbols: sizes.reduce((sum, { symbols }) => sum + symbols, more),
    nesting: sizes.reduce((most, { nesting }) => Math.max(most, nesting), 0),
  };
}
