import { EMPTY, type Grammar, type GrammarNode, ruleNode, sequence } from "./grammar-node.js";

/** The rules of a grammar while it is being made. */
export class RuleBook {
  readonly #rules = new Map<string, GrammarNode>();
  #nextNumber = 1;

  get rules(): Grammar {
    return this.#rules;
  }

  has(name: string): boolean {
    return this.#rules.has(name);
  }

  /** Sets the rule of this very name. */
  define(name: string, node: GrammarNode): void {
    this.#rules.set(name, node);
  }

  /** Takes a name that nothing has yet, the hint and a number; the rule is to be defined later. */
  reserve(hint: string): string {
    let name: string;
    do name = `${hint}-${this.#nextNumber++}`;
    while (this.#rules.has(name));
    this.#rules.set(name, EMPTY);
    return name;
  }

  /** A reference to a new rule. */
  add(hint: string, node: GrammarNode): GrammarNode {
    const name = this.reserve(hint);
    this.#rules.set(name, node);
    return ruleNode(name);
  }

  /** A reference to the rule of this name, which is made where it is not there yet. */
  share(name: string, make: () => GrammarNode): GrammarNode {
    if (!this.#rules.has(name)) {
      this.#rules.set(name, EMPTY);
      this.#rules.set(name, make());
    }
    return ruleNode(name);
  }

  /** The node `min` to `max` times. What is more than one symbol becomes a rule, since llama.cpp multiplies nested repetitions out. */
  repeat(node: GrammarNode, min: number, max: number): GrammarNode {
    if (max === 0) return EMPTY;
    if (min === 1 && max === 1) return node;
    const isSimple = node.type === "text" || node.type === "chars" || node.type === "rule";
    if (node.type === "sequence" && node.parts.length === 0) return EMPTY;
    return { type: "repeat", body: isSimple ? node : this.add("part", node), min, max };
  }

  /** `min` to `max` of the item, with the separator between them. */
  list(item: GrammarNode, separator: GrammarNode, { min, max }: { min: number; max: number }): GrammarNode {
    if (max === 0) return EMPTY;
    const rest = this.repeat(sequence(separator, item), Math.max(0, min - 1), max - 1);
    const some = sequence(item, rest);
    return min === 0 ? { type: "choice", options: [some, EMPTY] } : some;
  }
}
