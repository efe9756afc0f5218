import { describeExcess, measureRule } from "./check/grammar-size.js";
import { describeExcessBytes, writeRule } from "./gbnf/write-gbnf.js";
import type { GrammarBounds } from "./rules/grammar-bounds.js";
import type { Grammar, GrammarNode } from "./rules/grammar-node.js";
import { addNames } from "./rules/reachable-rules.js";

/** The usual size of the marks and the choice around one tool in one form. */
const RULES_AROUND = 6;
const SYMBOLS_AROUND = 48;
const BYTES_AROUND = 160;

/**
 * Counts the rules of a grammar while its parts are compiled one after the other, so that a part for which the bounds leave no room is known before the next
 * one is compiled.
 */
export class GrammarRoom {
  readonly #grammar: Grammar;
  readonly #bounds: GrammarBounds;
  readonly #counted = new Set<string>();
  #size = { rules: 0, symbols: 0, writtenBytes: 0 };

  /** @param grammar the rules of all parts, which may still grow */
  constructor(grammar: Grammar, bounds: GrammarBounds) {
    this.#grammar = grammar;
    this.#bounds = bounds;
  }

  /** Keeps room for what a grammar of calls needs around the arguments of a tool in each form of calls. */
  reserve(name: string, forms: number): void {
    this.#size.rules += forms * RULES_AROUND;
    this.#size.symbols += forms * (name.length + SYMBOLS_AROUND);
    this.#size.writtenBytes += forms * (name.length + BYTES_AROUND);
  }

  /**
   * Counts the rules that a part needs, each rule once for all parts.
   * @returns the bound that leaves no room for the part, as the end of a sentence about the grammar; undefined means that the part is counted
   */
  take(nodes: readonly GrammarNode[]): string | undefined {
    const names = new Set<string>();
    for (const node of nodes) addNames(node, names);
    const size = { ...this.#size };
    for (const name of names) {
      const node = this.#counted.has(name) ? undefined : this.#grammar.get(name);
      if (node === undefined) continue;
      const { rules, symbols } = measureRule(node);
      size.rules += rules + 1;
      size.symbols += symbols + 1;
      size.writtenBytes += Buffer.byteLength(writeRule(name, node));
      // The loop visits the names that are added meanwhile as well.
      addNames(node, names);
    }
    const excess = describeExcess(size, this.#bounds) ?? describeExcessBytes(size.writtenBytes, this.#bounds);
    if (excess !== undefined) return excess;
    this.#size = size;
    for (const name of names) this.#counted.add(name);
    return undefined;
  }
}
