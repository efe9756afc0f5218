import { GbnfCursor } from "./gbnf-cursor.js";
import type { GrammarBounds } from "../rules/grammar-bounds.js";
import {
  type CharRange,
  choice,
  EMPTY,
  type Grammar,
  type GrammarNode,
  ruleNode,
  sequence,
  text,
} from "../rules/grammar-node.js";
import { RuleBook } from "../rules/rule-book.js";

/**
 * Reads GBNF as llama.cpp does. It rejects token literals, which depend on the model, and text that llama.cpp would read in a surprising way: a rule
 * that is defined twice, an empty class, and a range or repetition whose end comes before its beginning.
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
    // The names in the text are taken, so that a rule that is generated for a repetition gets none of them.
    for (const [name] of grammar.matchAll(/[A-Za-z0-9-]+/g)) this.#book.define(name, EMPTY);
  }

  read(): Grammar {
    const cursor = this.#cursor;
    const given = new Set(this.#book.rules.keys());
    cursor.skipBlanks(true);
    while (!cursor.isAtEnd) this.#readRule();
    const generated = [...this.#book.rules].filter(([name]) => !given.has(name));
    return new Map([...this.#defined, ...generated]);
  }

  #readRule(): void {
    const cursor = this.#cursor;
    const name = cursor.takeName();
    if (name === undefined) throw cursor.problem("has no rule name where a rule must begin");
    if (this.#defined.has(name)) throw cursor.problem(`defines the rule ${name} twice`);
    if (this.#defined.size >= this.#bounds.rules)
      throw cursor.problem(`has more than ${this.#bounds.rules} rules, which is the bound`);
    cursor.skipBlanks(false);
    if (!cursor.take("::=")) throw cursor.problem(`has no ::= after ${name}`);
    cursor.skipBlanks(true);
    this.#ruleName = name;
    this.#defined.set(name, this.#readOptions(0));
    if (!cursor.isAtEnd && !cursor.take("\n") && !cursor.take("\r")) {
      throw cursor.problem(`has ${JSON.stringify(cursor.next)} where the rule ${name} must end`);
    }
    cursor.skipBlanks(true);
  }

  #readOptions(level: number): GrammarNode {
    if (level > this.#bounds.nesting) {
      throw this.#cursor.problem(`has groups nested more than ${this.#bounds.nesting} deep`);
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
      throw cursor.problem("has a token literal, which is not supported; write the token's text instead");
    }
    if (cursor.take("(")) {
      cursor.skipBlanks(true);
      const group = this.#readOptions(level + 1);
      if (!cursor.take(")")) throw cursor.problem("has no ) where a group must end");
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
        throw this.#cursor.problem("has a literal with U+0000 or half a surrogate pair, which no output can contain");
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
      if (last < first) throw cursor.problem("has a character range whose end comes before its beginning");
      ranges.push([first, last]);
    }
    if (ranges.length === 0) throw cursor.problem("has an empty character class");
    return { type: "chars", ranges, isNegated };
  }

  #readRepetitions(item: GrammarNode, level: number): GrammarNode {
    const cursor = this.#cursor;
    let node = item;
    for (;;) {
      if (cursor.take("*")) node = this.#repeat(node, 0, Infinity);
      else if (cursor.take("+")) node = this.#repeat(node, 1, Infinity);
      else if (cursor.take("?")) node = this.#repeat(node, 0, 1);
      else if (cursor.take("{")) node = this.#readCount(node, level);
      else return node;
      cursor.skipBlanks(level > 0);
    }
  }

  #readCount(item: GrammarNode, level: number): GrammarNode {
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
    if (min === undefined || max === undefined || !cursor.take("}"))
      throw cursor.problem("has no repetition count after {");
    if (min > most || (max > most && max !== Infinity)) {
      throw cursor.problem(
        `asks for ${Math.max(min, max === Infinity ? 0 : max)} repetitions; at most ${most} are allowed`,
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
