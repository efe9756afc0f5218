import { matches, type ParseStack, ParseStacks } from "./check/parse-stacks.js";
import {
  choice,
  EMPTY,
  type Grammar,
  type GrammarNode,
  GrammarProblem,
  ROOT_RULE,
  sequence,
  text,
} from "./rules/grammar-node.js";
import { renameIn, renameRules } from "./rules/rename-rules.js";

/**
 * The grammar of what may follow a text with which an output has begun.
 * @param grammar has passed `checkGrammar` and `checkAmbiguity`
 * @throws GrammarProblem with the first character that the grammar does not allow
 */
export function advanceGrammar(grammar: Grammar, written: string): Grammar {
  const stacks = new ParseStacks(grammar);
  const root = grammar.get(ROOT_RULE) ?? EMPTY;
  let rests: readonly (ParseStack | undefined)[] = [stacks.stackOf(root)];
  for (const [index, char] of Array.from(written).entries()) {
    rests = after(stacks, rests, char);
    if (rests.length > 0) continue;
    throw new GrammarProblem(`is not the beginning of a valid answer: ${describe(char)} at character ${index + 1}`);
  }
  const inner = unusedName(grammar);
  const rename = (name: string): string => (name === ROOT_RULE ? inner : name);
  const start = renameIn(choice(...rests.map(restOf)), rename);
  return new Map([[ROOT_RULE, start], ...renameRules(grammar, rename)]);
}

function describe(char: string): string {
  return `${JSON.stringify(char)} is not allowed`;
}

function after(
  stacks: ParseStacks,
  rests: readonly (ParseStack | undefined)[],
  char: string,
): readonly (ParseStack | undefined)[] {
  const codePoint = char.codePointAt(0) ?? 0;
  const next = new Set<ParseStack | undefined>();
  for (const rest of rests) {
    for (const { chars, below } of rest === undefined ? [] : stacks.expand(rest)) {
      if (matches(chars, codePoint)) next.add(below);
    }
  }
  return [...next];
}

/** The node that matches what a parse stack still has to match. */
function restOf(stack: ParseStack | undefined): GrammarNode {
  const parts: GrammarNode[] = [];
  for (let at = stack; at !== undefined; at = at.below) parts.push(restOfNode(at));
  return sequence(...parts);
}

function restOfNode({ node, done }: ParseStack): GrammarNode {
  switch (node.type) {
    case "text":
      return text(node.text.slice(done));
    case "sequence":
      return sequence(...node.parts.slice(done));
    case "repeat": {
      const max = node.max - done;
      return max === 0 ? EMPTY : { ...node, min: Math.max(0, node.min - done), max };
    }
    case "chars":
    case "choice":
    case "rule":
      return node;
  }
}

function unusedName(grammar: Grammar): string {
  let name = "whole";
  for (let number = 1; grammar.has(name); number++) name = `whole-${number}`;
  return name;
}
