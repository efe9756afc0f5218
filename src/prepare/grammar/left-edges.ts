import type { GrammarBounds } from "./grammar-bounds.js";
import type { Grammar, GrammarNode } from "./grammar-node.js";
import { GrammarProblem } from "./grammar-problem.js";
import { measureRule } from "./measure-grammar.js";
import { mayBeEmpty } from "./rule-properties.js";

/** llama.cpp follows rules at the beginning of rules by recursion, on a thread's stack. */
const MOST_DEPTH = 256;
/** It reads a rule through for every way that leads to it, and does so again for each rule that it begins with: elements read, a few nanoseconds each. */
const MOST_READ = 4_000_000;
/** What entering a rule costs besides, in elements. */
const ENTRY = 20;

interface Edge {
  /** In how many ways a text of the node may begin. */
  readonly ways: number;
  /** Elements of rules that llama.cpp reads to find that out. */
  readonly read: number;
  readonly depth: number;
}

const NOTHING: Edge = { ways: 0, read: 0, depth: 0 };
const CHARACTER: Edge = { ways: 1, read: 0, depth: 0 };

/** How texts of the rules begin. */
export class LeftEdges {
  readonly #grammar: Grammar;
  readonly #empty: ReadonlySet<string>;
  readonly #bounds: GrammarBounds;
  readonly #nameOf: (rule: string) => string;
  readonly #known = new Map<string, Edge>();
  /** Rules that are being looked at, each the beginning of the one before. */
  readonly #open = new Set<string>();

  /** @param options.empty the rules that may be empty */
  constructor(
    grammar: Grammar,
    options: { empty: ReadonlySet<string>; bounds: GrammarBounds; nameOf: (rule: string) => string },
  ) {
    this.#grammar = grammar;
    this.#empty = options.empty;
    this.#bounds = options.bounds;
    this.#nameOf = options.nameOf;
  }

  /**
   * Refuses left recursion, and beginnings that are too deep or go on in too many ways.
   * @throws GrammarProblem
   */
  check(): void {
    let read = 0;
    for (const name of this.#grammar.keys()) read += this.#ofRule(name).read;
    if (read > MOST_READ) throw new GrammarProblem("has rules that begin with each other in too many ways");
    for (const node of this.#grammar.values()) this.#checkInside(node);
  }

  /** An output may stand before each part, not only before the first. */
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

  #of(node: GrammarNode): Edge {
    switch (node.type) {
      case "text":
      case "chars":
        return CHARACTER;
      case "rule":
        return this.#ofRule(node.name);
      case "sequence":
        return this.#ofSequence(node.parts);
      case "choice":
        return this.#ofOptions(node);
      case "repeat":
        return deeper(this.#of(node.body), node.body);
    }
  }

  #ofSequence(parts: readonly GrammarNode[]): Edge {
    let edge = NOTHING;
    for (const part of parts) {
      edge = beside(edge, this.#of(part));
      if (!mayBeEmpty(part, this.#empty)) break;
    }
    return this.#bounded(edge);
  }

  #ofOptions(node: GrammarNode): Edge {
    const options = node.type === "choice" ? node.options : [node];
    return this.#bounded(deeper(options.map((option) => this.#of(option)).reduce(beside, NOTHING), node));
  }

  #ofRule(name: string): Edge {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#open.has(name)) throw new GrammarProblem(`${this.#nameOf(name)} begins with itself (left recursion)`);
    this.#open.add(name);
    // Held on the way down as well, since this method recurses just as deep.
    const node = this.#open.size > MOST_DEPTH ? undefined : this.#grammar.get(name);
    const edge = node === undefined ? NOTHING : this.#ofOptions(node);
    if (edge.depth > MOST_DEPTH || this.#open.size > MOST_DEPTH) {
      throw new GrammarProblem(`${this.#nameOf(name)} begins with more than ${MOST_DEPTH} rules in rules`);
    }
    this.#open.delete(name);
    this.#known.set(name, edge);
    return edge;
  }

  #bounded(edge: Edge): Edge {
    const { waysOn } = this.#bounds;
    if (edge.ways <= waysOn) return edge;
    throw new GrammarProblem(`goes on in ${edge.ways} ways at one place, more than ${waysOn}`);
  }
}

function beside(one: Edge, other: Edge): Edge {
  return {
    ways: one.ways + other.ways,
    read: one.read + other.read,
    depth: Math.max(one.depth, other.depth),
  };
}

function deeper({ ways, read, depth }: Edge, node: GrammarNode): Edge {
  return { ways, read: read + measureRule(node).symbols + ENTRY, depth: depth + 1 };
}
