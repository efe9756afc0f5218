import { GbnfCursor } from "./gbnf-cursor.js";
import type { GrammarBounds } from "./grammar-bounds.js";
import {
  type CharRange,
  choice,
  EMPTY,
  type Grammar,
  type GrammarNode,
  ruleNode,
  sequence,
  text,
} from "./grammar-node.js";
import { RuleBook } from "./rule-book.js";

/**
 * Reads GBNF by llama.cpp's rules, but for literals of tokens, which depend on the model. What llama.cpp would take in a way that surprises is refused:
 * a rule that is defined twice, an empty class, a range or repetition the wrong way round.
 * @throws GrammarProblem with line and column
 */
export function readGbnf(grammar: string, bounds: GrammarBounds): Grammar {
  return new GbnfReader(grammar, bounds).read();
}

class GbnfReader {
  readonly #cursor: GbnfCursor;
  readonly #bounds: GrammarBounds;
  readonly #book = new RuleBook();
  readonly #defined = new Map<string, GrammarNode>();
  #ruleName = "";

  constructor(grammar: string, bounds: GrammarBounds) {
    this.#cursor = new GbnfCursor(grammar);
    this.#bounds = bounds;
    // Names that the text holds are taken, so that no rule which is made for a repetition gets one of them.
    for (const [name] of grammar.matchAll(/[A-Za-z0-9-]+/g)) this.#book.define(name, EMPTY);
  }

  read(): Grammar {
    const cursor = this.#cursor;
    const given = new Set(this.#book.rules.keys());
    cursor.skipBlanks(true);
    while (!cursor.isAtEnd) this.#readRule();
    const made = [...this.#book.rules].filter(([name]) => !given.has(name));
    return new Map([...this.#defined, ...made]);
  }

  #readRule(): void {
    const cursor = this.#cursor;
    const name = cursor.takeName();
    if (name === undefined) throw cursor.problem("has no rule's name where one has to be");
    if (this.#defined.has(name)) throw cursor.problem(`defines the rule ${name} twice`);
    if (this.#defined.size >= this.#bounds.rules) throw cursor.problem(`has more than ${this.#bounds.rules} rules`);
    cursor.skipBlanks(false);
    if (!cursor.take("::=")) throw cursor.problem(`has no ::= after ${name}`);
    cursor.skipBlanks(true);
    this.#ruleName = name;
    this.#defined.set(name, this.#readOptions(0));
    if (!cursor.isAtEnd && !cursor.take("\n") && !cursor.take("\r")) {
      throw cursor.problem(`has ${JSON.stringify(cursor.next)} where the rule ${name} should end`);
    }
    cursor.skipBlanks(true);
  }

  #readOptions(level: number): GrammarNode {
    if (level > this.#bounds.nesting) {
      throw this.#cursor.problem(`has groups more than ${this.#bounds.nesting} deep`);
    }
    const options = [this.#readSequence(level)];
    while (this.#cursor.take("|")) {
      this.#cursor.skipBlanks(true);
      options.push(this.#readSequence(level));
    }
    return choice(...options);
  }

  #readSequence(level: number): GrammarNode {
    const parts: GrammarNode[] = [];
    for (;;) {
      const item = this.#readItem(level);
      if (item === undefined) return sequence(...parts);
      this.#cursor.skipBlanks(level > 0);
      parts.push(this.#readRepetitions(item, level));
    }
  }

  #readItem(level: number): GrammarNode | undefined {
    const cursor = this.#cursor;
    if (cursor.take('"')) return this.#readLiteral();
    if (cursor.take("[")) return this.#readClass();
    if (cursor.take(".")) return { type: "chars", ranges: [], isNegated: true };
    if (cursor.next === "<" || cursor.next === "!") {
      throw cursor.problem("has a literal of a token, which is not supported: write its text");
    }
    if (cursor.take("(")) {
      cursor.skipBlanks(true);
      const group = this.#readOptions(level + 1);
      if (!cursor.take(")")) throw cursor.problem("has no ) where a group should end");
      return group;
    }
    const name = cursor.takeName();
    return name === undefined ? undefined : ruleNode(name);
  }

  #readLiteral(): GrammarNode {
    const chars: string[] = [];
    while (!this.#cursor.take('"')) {
      const codePoint = this.#cursor.takeChar();
      if (codePoint === 0 || (codePoint >= 0xd800 && codePoint <= 0xdfff)) {
        throw this.#cursor.problem("has U+0000 or half a surrogate pair in a literal, which no output holds");
      }
      chars.push(String.fromCodePoint(codePoint));
    }
    return text(chars.join(""));
  }

  #readClass(): GrammarNode {
    const cursor = this.#cursor;
    const isNegated = cursor.take("^");
    const ranges: CharRange[] = [];
    while (!cursor.take("]")) {
      const first = cursor.takeChar();
      let last = first;
      if (cursor.take("-")) {
        if (cursor.next === "]") ranges.push([0x2d, 0x2d]);
        else last = cursor.takeChar();
      }
      if (last < first) throw cursor.problem("has a range that ends before it begins");
      ranges.push([first, last]);
    }
    if (ranges.length === 0) throw cursor.problem("has a class of no characters");
    return { type: "chars", ranges, isNegated };
  }

  #readRepetitions(item: GrammarNode, level: number): GrammarNode {
    const cursor = this.#cursor;
    let node = item;
    for (;;) {
      if (cursor.take("*")) node = this.#repeat(node, 0, Infinity);
      else if (cursor.take("+")) node = this.#repeat(node, 1, Infinity);
      else if (cursor.take("?")) node = this.#repeat(node, 0, 1);
      else if (cursor.take("{")) node = this.#readTimes(node, level);
      else return node;
      cursor.skipBlanks(level > 0);
    }
  }

  #readTimes(item: GrammarNode, level: number): GrammarNode {
    const cursor = this.#cursor;
    const most = this.#bounds.repetitions;
    const skip = (): void => cursor.skipBlanks(level > 0);
    skip();
    const min = cursor.takeNumber();
    skip();
    let max = min;
    if (min !== undefined && cursor.take(",")) {
      skip();
      max = cursor.takeNumber() ?? Infinity;
      skip();
    }
    if (min === undefined || max === undefined || !cursor.take("}")) throw cursor.problem("has no repetition after {");
    if (min > most || (max > most && max !== Infinity)) {
      throw cursor.problem(
        `asks for ${Math.max(min, max === Infinity ? 0 : max)} repetitions, which is more than ${most}`,
      );
    }
    if (max < min) throw cursor.problem(`asks for at least ${min} and at most ${max} repetitions`);
    return this.#repeat(item, min, max);
  }

  #repeat(node: GrammarNode, min: number, max: number): GrammarNode {
    const isSimple = node.type === "text" || node.type === "chars" || node.type === "rule";
    if (isSimple || (node.type === "sequence" && node.parts.length === 0)) return this.#book.repeat(node, min, max);
    return this.#book.repeat(this.#book.add(`${this.#ruleName}-part`, node), min, max);
  }
}
