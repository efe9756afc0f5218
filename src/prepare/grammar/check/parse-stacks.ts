import type { CharsNode, Grammar, GrammarNode } from "../rules/grammar-node.js";

/** One of llama.cpp's parse stacks: the symbols that an output still has to match, the next one on top. Equal stacks are one object. */
export interface ParseStack {
  readonly id: number;
  readonly node: GrammarNode;
  /** How much of the node is matched: characters of a text, parts of a sequence, or rounds of a repetition. */
  readonly done: number;
  /** The stack below the node. undefined is the end of the node that the parse began with. */
  readonly below: ParseStack | undefined;
}

/** A parse stack whose top is a terminal: the next character must be one of `chars`. */
export interface TerminalStack {
  readonly id: number;
  readonly chars: CharsNode;
  /** The stack after that character. undefined is the end. */
  readonly below: ParseStack | undefined;
}

/** More stacks than any check creates, since it takes time for each. */
const STACK_ID_LIMIT = 2 ** 32;

/** Parses outputs of a grammar as llama.cpp does, following every derivation at once. */
export class ParseStacks {
  readonly #grammar: Grammar;
  readonly #stacks = new Map<GrammarNode, Map<number, ParseStack>>();
  #nextId = 0;
  readonly #expanded = new Map<ParseStack, readonly TerminalStack[]>();
  readonly #terminals = new Map<ParseStack, TerminalStack>();
  /** The steps taken so far, which the time of the check grows with. */
  steps = 0;

  constructor(grammar: Grammar) {
    this.#grammar = grammar;
  }

  /** The stack with the rest of this node on top. */
  stackOf(node: GrammarNode, done = 0, below?: ParseStack): ParseStack {
    let stacks = this.#stacks.get(node);
    if (stacks === undefined) this.#stacks.set(node, (stacks = new Map<number, ParseStack>()));
    const key = done * STACK_ID_LIMIT + (below?.id ?? 0);
    const known = stacks.get(key);
    if (known !== undefined) return known;
    this.#nextId += 1;
    const stack = { id: this.#nextId, node, done, below };
    stacks.set(key, stack);
    return stack;
  }

  /** The terminal stacks that the stack leads to without a character. The result leaves out what follows the end. */
  expand(stack: ParseStack): readonly TerminalStack[] {
    const known = this.#expanded.get(stack);
    if (known !== undefined) return known;
    const terminals: TerminalStack[] = [];
    const seen = new Set<ParseStack>();
    const due: ParseStack[] = [stack];
    for (let next = due.pop(); next !== undefined; next = due.pop()) {
      this.steps += 1;
      if (seen.has(next)) continue;
      seen.add(next);
      const terminal = this.#expandTop(next, due);
      if (terminal !== undefined) terminals.push(terminal);
    }
    this.#expanded.set(stack, terminals);
    return terminals;
  }

  /** Returns the terminal stack if the top is a terminal. Otherwise puts the stacks that replace this one on `due`. */
  #expandTop(stack: ParseStack, due: ParseStack[]): TerminalStack | undefined {
    const { node, done, below } = stack;
    const push = (stack: ParseStack | undefined): void => {
      if (stack !== undefined) due.push(stack);
    };
    switch (node.type) {
      case "text": {
        const codePoint = node.text.codePointAt(done) ?? 0;
        const end = done + (codePoint > 0xffff ? 2 : 1);
        const chars: CharsNode = { type: "chars", ranges: [[codePoint, codePoint]], isNegated: false };
        return this.#terminal(stack, chars, end < node.text.length ? this.stackOf(node, end, below) : below);
      }
      case "chars":
        return this.#terminal(stack, node, below);
      case "sequence": {
        const part = node.parts[done];
        if (part === undefined) push(below);
        else push(this.stackOf(part, 0, done + 1 < node.parts.length ? this.stackOf(node, done + 1, below) : below));
        return undefined;
      }
      case "choice":
        for (const option of node.options) push(this.stackOf(option, 0, below));
        return undefined;
      case "repeat": {
        const isOptional = done >= node.min;
        const rounds = node.max === Infinity ? Math.min(done + 1, node.min) : done + 1;
        push(this.stackOf(node.body, 0, rounds < node.max ? this.stackOf(node, rounds, below) : below));
        if (isOptional) push(below);
        return undefined;
      }
      case "rule": {
        const rule = this.#grammar.get(node.name);
        if (rule !== undefined) push(this.stackOf(rule, 0, below));
        return undefined;
      }
    }
  }

  #terminal(stack: ParseStack, chars: CharsNode, below: ParseStack | undefined): TerminalStack {
    const known = this.#terminals.get(stack);
    if (known !== undefined) return known;
    const terminal = { id: stack.id, chars, below };
    this.#terminals.set(stack, terminal);
    return terminal;
  }
}

export function matches({ ranges, isNegated }: CharsNode, codePoint: number): boolean {
  return ranges.some(([first, last]) => first <= codePoint && codePoint <= last) !== isNegated;
}

/** Whether a text of the node may begin with that character. */
export function mayBeginWith(grammar: Grammar, node: GrammarNode, char: string): boolean {
  const stacks = new ParseStacks(grammar);
  return stacks.expand(stacks.stackOf(node)).some(({ chars }) => matches(chars, char.codePointAt(0) ?? 0));
}
