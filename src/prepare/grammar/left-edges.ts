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

/**
 * Looks at how texts of the rules begin: refuses left recursion, and beginnings that are too deep or go on in too many ways.
 * @throws GrammarProblem
 */
export function checkLeftEdges(of: {
  grammar: Grammar;
  empty: ReadonlySet<string>;
  bounds: GrammarBounds;
  nameOf: (rule: string) => string;
}): void {
  const { grammar, empty, bounds, nameOf } = of;
  const known = new Map<string, Edge | "open">();
  let open = 0;

  const edgeOf = (node: GrammarNode): Edge => {
    switch (node.type) {
      case "text":
      case "chars":
        return { ways: 1, read: 0, depth: 0 };
      case "rule":
        return edgeOfRule(node.name);
      case "sequence":
        return edgeOfSequence(node.parts);
      case "choice":
        return deeper(node.options.map(edgeOf).reduce(beside, NOTHING), measureRule(node).symbols);
      case "repeat":
        return deeper(edgeOf(node.body), measureRule(node.body).symbols);
    }
  };
  /** From each part on, since a text stands at each of them once; what counts is how the whole sequence begins. */
  const edgeOfSequence = (parts: readonly GrammarNode[]): Edge => {
    let edge = NOTHING;
    for (const part of parts.toReversed()) {
      const own = edgeOf(part);
      edge = mayBeEmpty(part, empty) ? beside(own, edge) : own;
      if (edge.ways > bounds.waysOn) {
        throw new GrammarProblem(`goes on in ${edge.ways} ways at one place, more than ${bounds.waysOn}`);
      }
    }
    return edge;
  };
  const edgeOfRule = (name: string): Edge => {
    const met = known.get(name);
    if (met === "open") throw new GrammarProblem(`${nameOf(name)} begins with itself (left recursion)`);
    if (met !== undefined) return met;
    known.set(name, "open");
    open += 1;
    const node = grammar.get(name);
    // Looked at on the way down as well, since this function recurses just as deep.
    const edge =
      node === undefined || open > MOST_DEPTH ? NOTHING : deeper(edgeOfSequence([node]), measureRule(node).symbols);
    if (edge.depth > MOST_DEPTH || open > MOST_DEPTH) {
      throw new GrammarProblem(`${nameOf(name)} begins with more than ${MOST_DEPTH} rules in rules`);
    }
    open -= 1;
    known.set(name, edge);
    return edge;
  };

  let read = 0;
  for (const name of grammar.keys()) read += edgeOfRule(name).read;
  if (read > MOST_READ) throw new GrammarProblem("has rules that begin with each other in too many ways");
}

function beside(one: Edge, other: Edge): Edge {
  return {
    ways: one.ways + other.ways,
    read: one.read + other.read,
    depth: Math.max(one.depth, other.depth),
  };
}

function deeper({ ways, read, depth }: Edge, elements: number): Edge {
  return { ways, read: read + elements + ENTRY, depth: depth + 1 };
}
