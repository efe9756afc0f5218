import { type AST, RegExpParser, RegExpSyntaxError } from "@eslint-community/regexpp";
import { GrammarProblem } from "../rules/grammar-node.js";
import { ALL_CODE_POINTS, BASIC_PLANE, type CodePointSet } from "./code-point-set.js";

/** UTF-16 units of a pattern. */
const MAX_PATTERN_LENGTH = 65_536;
/** Levels of groups, which the parser follows by recursion. */
const MAX_NESTING = 100;

/** A parsed pattern. */
export interface ParsedPattern {
  readonly alternatives: readonly AST.Alternative[];
  /** The characters that the pattern tells apart. */
  readonly characters: CodePointSet;
}

/**
 * Parses a pattern of ECMA-262 with the flag `u`, as JSON Schema reads patterns. A pattern that is valid without the flag alone is read without it, and then
 * matches no character beyond U+FFFF, since it would take each for two.
 * @throws GrammarProblem
 */
export function readPattern(pattern: string): ParsedPattern {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new GrammarProblem(`has ${pattern.length} characters; at most ${MAX_PATTERN_LENGTH} are allowed`);
  }
  checkNesting(pattern);
  try {
    return { alternatives: parse(pattern, true), characters: ALL_CODE_POINTS };
  } catch (error) {
    if (!(error instanceof RegExpSyntaxError)) throw error;
    try {
      return { alternatives: parse(pattern, false), characters: BASIC_PLANE };
    } catch (again) {
      if (!(again instanceof RegExpSyntaxError)) throw again;
      throw new GrammarProblem(`is not a regular expression: ${reasonOf(error)} at character ${error.index + 1}`);
    }
  }
}

function parse(pattern: string, unicode: boolean): readonly AST.Alternative[] {
  return new RegExpParser().parsePattern(pattern, 0, pattern.length, { unicode, unicodeSets: false }).alternatives;
}

/** The parser's messages begin with the whole pattern. */
function reasonOf({ message }: RegExpSyntaxError): string {
  return message.slice(message.lastIndexOf(": ") + 2);
}

function checkNesting(pattern: string): void {
  let depth = 0;
  let isInClass = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at];
    if (char === "\\") at += 1;
    else if (isInClass) isInClass = char !== "]";
    else if (char === "[") isInClass = true;
    else if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    if (depth > MAX_NESTING) {
      throw new GrammarProblem(
        `has groups nested more than ${MAX_NESTING} deep at character ${at + 1}, which is the bound`,
      );
    }
  }
}
