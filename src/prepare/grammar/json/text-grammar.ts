import { choice, EMPTY, type GrammarNode, ruleNode, sequence, text } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";

/** Any text up to and with the first occurrence of an end mark. The rules are the states of an automaton that follows the mark. */
export function textUntil(book: RuleBook, end: string): GrammarNode {
  const chars = Array.from(end);
  const nameOf = (state: number): string => `until-${hexOf(end)}-${state}`;
  return book.share(nameOf(0), () => {
    for (let state = 1; state < chars.length; state += 1) book.define(nameOf(state), EMPTY);
    for (let state = 1; state < chars.length; state += 1) book.define(nameOf(state), stateOf(state));
    return stateOf(0);
  });

  /** The continuations after the first `state` characters of the mark. */
  function stateOf(state: number): GrammarNode {
    const known = [...new Set(chars)].map((char): GrammarNode | undefined => {
      const next = matchedAfter(chars, state, char);
      if (next === chars.length) return text(char);
      return next === 0 ? undefined : sequence(text(char), ruleNode(nameOf(next)));
    });
    const followed = [...new Set(chars)].filter((char) => matchedAfter(chars, state, char) > 0);
    const other = sequence(noneOfChars([...followed, "\0"]), ruleNode(nameOf(0)));
    return choice(...known.filter((node) => node !== undefined), other);
  }
}

/** The number of characters of the mark that are matched once `char` follows `state` of them. */
function matchedAfter(chars: readonly string[], state: number, char: string): number {
  const seen = [...chars.slice(0, state), char];
  for (let length = Math.min(seen.length, chars.length); length > 0; length -= 1) {
    const tail = seen.slice(seen.length - length);
    if (tail.every((one, index) => one === chars[index])) return length;
  }
  return 0;
}

function hexOf(text: string): string {
  return Buffer.from(text).toString("hex");
}

function noneOfChars(chars: readonly string[]): GrammarNode {
  const points = chars.map((char) => char.codePointAt(0) ?? 0);
  return { type: "chars", ranges: points.map((point) => [point, point] as const), isNegated: true };
}
