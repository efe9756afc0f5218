import type { Grammar, GrammarNode, CharsNode } from "../../../src/prepare/grammar/rules/grammar-node.js";
import { matches } from "../../../src/prepare/grammar/check/parse-stacks.js";
import type { Random } from "../../support/random.js";

/** The depth of nested rules from which the shortest way to an end is taken. */
const PATIENCE = 12;
const MORE_REPETITIONS = 3;

/** Generates random outputs of a grammar. */
export class Sentences {
  readonly #grammar: Grammar;
  readonly #random: Random;
  /** The least depth of nested rules of an output of each rule. */
  readonly #heights = new Map<string, number>();

  constructor(grammar: Grammar, random: Random) {
    this.#grammar = grammar;
    this.#random = random;
    for (let isDone = false; !isDone;) {
      isDone = true;
      for (const [name, node] of grammar) {
        const height = this.#height(node) + 1;
        if (height >= (this.#heights.get(name) ?? Infinity)) continue;
        this.#heights.set(name, height);
        isDone = false;
      }
    }
  }

  next(rule = "root"): string {
    return this.#write(this.#grammar.get(rule) ?? raise(rule), 0);
  }

  #write(node: GrammarNode, depth: number): string {
    switch (node.type) {
      case "text":
        return node.text;
      case "chars":
        return this.#char(node);
      case "sequence":
        return node.parts.map((part) => this.#write(part, depth)).join("");
      case "choice":
        return this.#write(this.#choose(node.options, depth), depth);
      case "repeat": {
        const most = depth > PATIENCE ? node.min : Math.min(node.max, node.min + MORE_REPETITIONS);
        const isFull = node.max < 600 && this.#random.below(8) < 1 && depth <= PATIENCE;
        const times = isFull ? node.max : node.min + Math.floor(this.#random.below(most - node.min + 1));
        return Array.from({ length: times }, () => this.#write(node.body, depth)).join("");
      }
      case "rule":
        return this.#write(this.#grammar.get(node.name) ?? raise(node.name), depth + 1);
    }
  }

  #choose(options: readonly GrammarNode[], depth: number): GrammarNode {
    if (depth <= PATIENCE) return this.#random.pick(options);
    return options.reduce((best, option) => (this.#height(option) < this.#height(best) ? option : best));
  }

  #char(chars: CharsNode): string {
    const range = chars.ranges.length === 0 ? undefined : this.#random.pick(chars.ranges);
    if (!chars.isNegated && range !== undefined) {
      return String.fromCodePoint(range[0] + Math.floor(this.#random.below(range[1] - range[0] + 1)));
    }
    const allowed = Array.from("aZ0 _-{}[]:,.é漢😀\u{10ffff}").filter((char) =>
      matches(chars, char.codePointAt(0) ?? 0),
    );
    return this.#random.pick(allowed);
  }

  #height(node: GrammarNode): number {
    switch (node.type) {
      case "text":
      case "chars":
        return 0;
      case "sequence":
        return Math.max(0, ...node.parts.map((part) => this.#height(part)));
      case "choice":
        return Math.min(...node.options.map((option) => this.#height(option)));
      case "repeat":
        return node.min === 0 ? 0 : this.#height(node.body);
      case "rule":
        return this.#heights.get(node.name) ?? Infinity;
    }
  }
}

function raise(rule: string): never {
  throw new Error(`no rule ${rule}`);
}
