/** A grammar as data: it is read from GBNF or compiled from a schema, checked, and only then written as GBNF. */
export type Grammar = ReadonlyMap<string, GrammarNode>;

export type GrammarNode =
  | { readonly type: "text"; readonly text: string }
  | CharsNode
  | { readonly type: "sequence"; readonly parts: readonly GrammarNode[] }
  | { readonly type: "choice"; readonly options: readonly GrammarNode[] }
  | RepeatNode
  | { readonly type: "rule"; readonly name: string };

/** One code point inside the ranges, or outside all of them where it is negated. */
export interface CharsNode {
  readonly type: "chars";
  readonly ranges: readonly CharRange[];
  readonly isNegated: boolean;
}

export interface RepeatNode {
  readonly type: "repeat";
  /** A text, a character class or a rule: llama.cpp repeats these without writing groups out. */
  readonly body: GrammarNode;
  readonly min: number;
  /** Infinity means that there is no maximum. */
  readonly max: number;
}

/** First and last code point. */
export type CharRange = readonly [number, number];

export const ROOT_RULE = "root";

export const EMPTY: GrammarNode = Object.freeze({ type: "sequence", parts: [] });

/**
 * The error of a schema, a grammar, a list of choices or a tool that cannot become a grammar. Its message names the position and the bound, and the caller
 * adds the path of the field.
 */
export class GrammarProblem extends Error {
  /** Follows the path of the compiled field, such as `[3]`. */
  readonly subfield: string;

  constructor(description: string, subfield = "") {
    super(description);
    this.name = "GrammarProblem";
    this.subfield = subfield;
  }
}

export function text(value: string): GrammarNode {
  return value === "" ? EMPTY : { type: "text", text: value };
}

/** One of the characters of `listed`, in which `a-z` means a range. */
export function oneOf(listed: string): GrammarNode {
  return { type: "chars", ranges: readRanges(listed), isNegated: false };
}

export function noneOf(listed: string): GrammarNode {
  return { type: "chars", ranges: readRanges(listed), isNegated: true };
}

/** The parts one after the other. Adjacent texts become one. */
export function sequence(...given: readonly GrammarNode[]): GrammarNode {
  const parts: GrammarNode[] = [];
  for (const part of given.flatMap((node) => (node.type === "sequence" ? node.parts : [node]))) {
    const last = parts.at(-1);
    if (part.type === "text" && last?.type === "text") parts[parts.length - 1] = text(last.text + part.text);
    else parts.push(part);
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { type: "sequence", parts };
}

/** @throws RangeError without any option */
export function choice(...options: readonly GrammarNode[]): GrammarNode {
  const [first] = options;
  if (first === undefined) throw new RangeError("a choice of nothing");
  return options.length === 1 ? first : { type: "choice", options };
}

export function optional(node: GrammarNode): GrammarNode {
  return choice(node, EMPTY);
}

export function ruleNode(name: string): GrammarNode {
  return { type: "rule", name };
}

function readRanges(listed: string): CharRange[] {
  const points = Array.from(listed, (char) => char.codePointAt(0) ?? 0);
  const ranges: CharRange[] = [];
  for (let at = 0; at < points.length; at += 1) {
    const first = points[at] ?? 0;
    const last = points[at + 2];
    if (points[at + 1] === 0x2d && last !== undefined) at += 2;
    ranges.push([first, points[at] ?? 0]);
  }
  return ranges;
}
