import { type Grammar, type GrammarNode, sequence } from "./grammar-node.js";
import { GrammarProblem } from "./grammar-problem.js";
import { mayBeEmpty } from "./rule-properties.js";

/** Parts of tails, all together. Tails of tails grow fast. */
const MOST_PARTS = 20_000;
/** Rules at the end of rules, which are followed by recursion. */
const MOST_DEPTH = 512;

/**
 * What may still be read, or left, where a text of a node could end: `[0-9]*` after a number's first digit. There what comes after the node may begin like
 * what it goes on with.
 */
export class OpenTails {
  readonly #grammar: Grammar;
  readonly #empty: ReadonlySet<string>;
  readonly #known = new Map<string, readonly GrammarNode[]>();
  #parts = 0;
  #depth = 0;

  constructor(grammar: Grammar, empty: ReadonlySet<string>) {
    this.#grammar = grammar;
    this.#empty = empty;
  }

  /** @throws GrammarProblem where there are too many */
  of(node: GrammarNode): readonly GrammarNode[] {
    switch (node.type) {
      case "text":
      case "chars":
        return [];
      case "rule":
        return this.#ofRule(node.name);
      case "sequence":
        return this.#ofSequence(node.parts);
      case "choice":
        return node.options.flatMap((option) => this.of(option));
      case "repeat": {
        const again = againOf(node);
        return again === undefined
          ? this.of(node.body)
          : [again, ...this.of(node.body).map((tail) => this.#join(tail, again))];
      }
    }
  }

  #ofRule(name: string): readonly GrammarNode[] {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    // A rule that ends with itself has no tails but those of its other ends.
    this.#known.set(name, []);
    const node = this.#grammar.get(name);
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) throw new GrammarProblem(`ends with more than ${MOST_DEPTH} rules in rules`);
    const tails = node === undefined ? [] : this.of(node);
    this.#depth -= 1;
    this.#known.set(name, tails);
    return tails;
  }

  #ofSequence(parts: readonly GrammarNode[]): readonly GrammarNode[] {
    const tails: GrammarNode[] = [];
    for (let index = parts.length - 1; index >= 0; index -= 1) {
      const part = parts[index];
      if (part === undefined) break;
      const after = parts.slice(index + 1);
      tails.push(...this.of(part).map((tail) => this.#join(tail, ...after)));
      if (!mayBeEmpty(part, this.#empty)) break;
      tails.push(this.#join(part, ...after));
    }
    return tails;
  }

  #join(...parts: readonly GrammarNode[]): GrammarNode {
    const joined = sequence(...parts);
    this.#parts += joined.type === "sequence" ? joined.parts.length : 1;
    if (this.#parts > MOST_PARTS) throw new GrammarProblem("can be read in too many ways to be checked");
    return joined;
  }
}

/** The repetition after at least one time; undefined where there is none left. */
export function againOf(node: Extract<GrammarNode, { readonly type: "repeat" }>): GrammarNode | undefined {
  return node.max === 1 ? undefined : { ...node, min: 0, max: node.max - 1 };
}
