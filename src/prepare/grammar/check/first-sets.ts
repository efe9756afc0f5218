import type { GrammarBounds } from "../rules/grammar-bounds.js";
import { type Grammar, type GrammarNode, GrammarProblem } from "../rules/grammar-node.js";
import { measureRule } from "./grammar-size.js";
import { isNullable } from "./rule-properties.js";

/** llama.cpp follows a rule at the beginning of a rule by recursion, on a thread's stack. */
const MAX_DEPTH = 256;
/** llama.cpp reads a rule once for every derivation that leads to it, and again for each rule that it begins with. Reading a symbol takes a few nanoseconds. */
const MAX_SYMBOLS_READ = 4_000_000;
/** The rules of one slice of work. */
const RULES_PER_SLICE = 256;
/** The cost of entering a rule, in symbols. */
const ENTRY_COST = 20;

/** The FIRST set of a node, by its size and by what llama.cpp spends on it. */
interface FirstSet {
  /** The terminals that a text of the node may begin with. */
  readonly size: number;
  /** The symbols of rules that llama.cpp reads to find them. */
  readonly symbolsRead: number;
  /** The most rules at the beginning of rules on the way. */
  readonly depth: number;
}

const NOTHING: FirstSet = { size: 0, symbolsRead: 0, depth: 0 };
const TERMINAL: FirstSet = { size: 1, symbolsRead: 0, depth: 0 };

/** The FIRST sets of a grammar's rules and of every position inside them. */
export class FirstSets {
  readonly #grammar: Grammar;
  readonly #nullable: ReadonlySet<string>;
  readonly #bounds: GrammarBounds;
  readonly #nameOf: (rule: string) => string;
  readonly #known = new Map<string, FirstSet>();
  /** The rules on the way, each at the beginning of the one before. */
  readonly #open = new Set<string>();

  constructor(
    grammar: Grammar,
    options: { nullable: ReadonlySet<string>; bounds: GrammarBounds; nameOf: (rule: string) => string },
  ) {
    this.#grammar = grammar;
    this.#nullable = options.nullable;
    this.#bounds = options.bounds;
    this.#nameOf = options.nameOf;
  }

  /**
   * Rejects left recursion, rules nested too deep at the beginning, and FIRST sets that are too large. It yields between slices of work.
   * @throws GrammarProblem
   */
  *check(): Generator<undefined, void> {
    let symbolsRead = 0;
    let done = 0;
    for (const name of this.#grammar.keys()) {
      if (++done % RULES_PER_SLICE === 0) yield;
      symbolsRead += this.#ofRule(name).symbolsRead;
    }
    if (symbolsRead > MAX_SYMBOLS_READ)
      throw new GrammarProblem("has rules that begin with each other in too many ways");
    for (const node of this.#grammar.values()) {
      if (++done % RULES_PER_SLICE === 0) yield;
      this.#checkInside(node);
    }
  }

  /** An output may stop before each part of a sequence, not only before the first. */
  #checkInside(node: GrammarNode): void {
    if (node.type === "sequence") {
      for (const [index, part] of node.parts.entries()) {
        if (index > 0) this.#ofSequence(node.parts.slice(index));
        this.#checkInside(part);
      }
    } else if (node.type === "choice") {
      for (const option of node.options) this.#checkInside(option);
    }
  }

  #of(node: GrammarNode): FirstSet {
    switch (node.type) {
      case "text":
      case "chars":
        return TERMINAL;
      case "rule":
        return this.#ofRule(node.name);
      case "sequence":
        return this.#ofSequence(node.parts);
      case "choice":
        return this.#ofOptions(node);
      case "repeat":
        return nestedIn(node.body, this.#of(node.body));
    }
  }

  #ofSequence(parts: readonly GrammarNode[]): FirstSet {
    let first = NOTHING;
    for (const part of parts) {
      first = union(first, this.#of(part));
      if (!isNullable(part, this.#nullable)) break;
    }
    return this.#bounded(first);
  }

  #ofOptions(node: GrammarNode): FirstSet {
    const options = node.type === "choice" ? node.options : [node];
    return this.#bounded(nestedIn(node, options.map((option) => this.#of(option)).reduce(union, NOTHING)));
  }

  #ofRule(name: string): FirstSet {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#open.has(name)) throw new GrammarProblem(`${this.#nameOf(name)} begins with itself (left recursion)`);
    this.#open.add(name);
    // The bound holds on the way down too, since this method recurses just as deep.
    const node = this.#open.size > MAX_DEPTH ? undefined : this.#grammar.get(name);
    const first = node === undefined ? NOTHING : this.#ofOptions(node);
    if (first.depth > MAX_DEPTH || this.#open.size > MAX_DEPTH) {
      throw new GrammarProblem(`${this.#nameOf(name)} begins with rules nested more than ${MAX_DEPTH} deep`);
    }
    this.#open.delete(name);
    this.#known.set(name, first);
    return first;
  }

  #bounded(first: FirstSet): FirstSet {
    const { alternatives } = this.#bounds;
    if (first.size <= alternatives) return first;
    throw new GrammarProblem(`has ${first.size} alternatives at one position; at most ${alternatives} are allowed`);
  }
}

function union(one: FirstSet, other: FirstSet): FirstSet {
  return {
    size: one.size + other.size,
    symbolsRead: one.symbolsRead + other.symbolsRead,
    depth: Math.max(one.depth, other.depth),
  };
}

/** Adds the cost of one more rule on the way to the terminals. */
function nestedIn(rule: GrammarNode, { size, symbolsRead, depth }: FirstSet): FirstSet {
  return { size, symbolsRead: symbolsRead + measureRule(rule).symbols + ENTRY_COST, depth: depth + 1 };
}
