import { type Grammar, type GrammarNode, GrammarProblem, type RepeatNode, sequence } from "../rules/grammar-node.js";
import { isNullable } from "./rule-properties.js";

/** The most parts of all continuations together. Continuations of continuations grow fast. */
const MAX_PARTS = 20_000;
/** The most rules at the end of rules, which this class follows by recursion. */
const MAX_DEPTH = 512;

/**
 * The continuations of a node: the nodes that may extend a complete text of it, such as `[0-9]*` after a number's first digit. At that position the
 * continuation and the node's successor may begin alike.
 */
export class Continuations {
  readonly #grammar: Grammar;
  readonly #nullable: ReadonlySet<string>;
  readonly #known = new Map<string, readonly GrammarNode[]>();
  #parts = 0;
  #depth = 0;

  constructor(grammar: Grammar, nullable: ReadonlySet<string>) {
    this.#grammar = grammar;
    this.#nullable = nullable;
  }

  /** @throws GrammarProblem when there are too many */
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
        const more = furtherRounds(node);
        return more === undefined
          ? this.of(node.body)
          : [more, ...this.of(node.body).map((continuation) => this.#join(continuation, more))];
      }
    }
  }

  #ofRule(name: string): readonly GrammarNode[] {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    // A rule that ends with itself has no continuations apart from those of its other ends.
    this.#known.set(name, []);
    const node = this.#grammar.get(name);
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) {
      throw new GrammarProblem(`ends with rules nested more than ${MAX_DEPTH} deep, which is the bound`);
    }
    const continuations = node === undefined ? [] : this.of(node);
    this.#depth -= 1;
    this.#known.set(name, continuations);
    return continuations;
  }

  #ofSequence(parts: readonly GrammarNode[]): readonly GrammarNode[] {
    const continuations: GrammarNode[] = [];
    for (let index = parts.length - 1; index >= 0; index -= 1) {
      const part = parts[index];
      if (part === undefined) break;
      const after = parts.slice(index + 1);
      continuations.push(...this.of(part).map((continuation) => this.#join(continuation, ...after)));
      if (!isNullable(part, this.#nullable)) break;
      continuations.push(this.#join(part, ...after));
    }
    return continuations;
  }

  #join(...parts: readonly GrammarNode[]): GrammarNode {
    const joined = sequence(...parts);
    this.#parts += joined.type === "sequence" ? joined.parts.length : 1;
    if (this.#parts > MAX_PARTS) throw new GrammarProblem("can be parsed in too many ways to be checked");
    return joined;
  }
}

/** The repetition after its first round. undefined means that there is no further round. */
export function furtherRounds(node: RepeatNode): GrammarNode | undefined {
  return node.max === 1 ? undefined : { ...node, min: 0, max: node.max - 1 };
}
