import { type Grammar, type GrammarNode, GrammarProblem, sequence } from "../rules/grammar-node.js";
import { Continuations, furtherRounds } from "./continuations.js";
import { matches, ParseStacks, type TerminalStack } from "./parse-stacks.js";
import { findNullableRules } from "./rule-properties.js";

/**
 * The most derivations of one token's characters. llama.cpp matches each character against every parse stack, and tokens may be long, so the number of
 * derivations must not grow with each character.
 */
const MAX_DERIVATIONS = 64;
const TOKEN_CHARACTERS = 32;
/** How far the check follows a text, since the number of parse stacks must not grow with the output either. */
const MAX_CHARACTERS = 96;
/** The texts with the most derivations that the check follows further. */
const BEAM_WIDTH = 3;
const MAX_EXPLORED_CHARS = 64;
const LAST_CODE_POINT = 0x10ffff;
/** The most steps of a check by default. Each takes one or two microseconds. */
const MAX_STEPS = 60_000;
/** The positions of one slice of work, since looking at one takes time even if it takes no step. */
const POSITIONS_PER_SLICE = 256;

/** The parse stacks that a text leads to, with the number of derivations that lead to each. */
type Derivations = ReadonlyMap<TerminalStack, number>;

interface AmbiguityOptions {
  /** The nodes at whose beginnings derivations may differ. The default is every position of the grammar. */
  readonly starts?: Iterable<GrammarNode> | undefined;
  /** The most steps that the check takes. */
  readonly maxSteps?: number | undefined;
  /** The place in the caller's schema that a start comes from, for an error text. */
  readonly placeOf?: ((start: GrammarNode) => string | undefined) | undefined;
}

/**
 * Rejects a grammar in which the number of derivations of one output grows with its length, since llama.cpp follows them all. The check explores a position
 * where one character has several derivations, along the characters that keep most of them. It yields between slices of work.
 * @returns whether each output has one derivation
 * @throws GrammarProblem
 */
export function* checkAmbiguity(
  grammar: Grammar,
  { starts, maxSteps = MAX_STEPS, placeOf }: AmbiguityOptions = {},
): Generator<undefined, boolean> {
  const stacks = new ParseStacks(grammar);
  let isUnambiguous = true;
  let done = 0;
  for (const node of starts ?? positionsOf(grammar, yield* findNullableRules(grammar))) {
    if (++done % POSITIONS_PER_SLICE === 0) yield;
    const start = new Map(stacks.expand(stacks.stackOf(node)).map((stack) => [stack, 1] as const));
    if (start.size > 1 && mostAfterOneChar(stacks, start) > 1) {
      isUnambiguous = false;
      yield* explore(stacks, { start, maxSteps, place: placeOf?.(node) });
    }
    if (stacks.steps > maxSteps) throw new GrammarProblem("can be parsed in too many ways to be checked");
  }
  return isUnambiguous;
}

/** Every position that an output can stop at, as the node that remains of its rule. */
function* positionsOf(grammar: Grammar, nullable: ReadonlySet<string>): Generator<GrammarNode> {
  const continuations = new Continuations(grammar, nullable);
  for (const rule of grammar.values()) {
    yield rule;
    yield* positionsInside(rule, continuations);
  }
}

function* positionsInside(node: GrammarNode, continuations: Continuations): Generator<GrammarNode> {
  if (node.type === "sequence") {
    for (const [index, part] of node.parts.entries()) {
      yield* positionsInside(part, continuations);
      const after = node.parts.slice(index + 1);
      if (after.length === 0) return;
      yield sequence(...after);
      for (const continuation of continuations.of(part)) yield sequence(continuation, ...after);
    }
  } else if (node.type === "choice") {
    for (const option of node.options) {
      yield option;
      yield* positionsInside(option, continuations);
    }
  } else if (node.type === "repeat") {
    yield* positionsInside(node.body, continuations);
    const more = furtherRounds(node);
    if (more === undefined) return;
    yield more;
    for (const continuation of continuations.of(node.body)) yield sequence(continuation, more);
  }
}

/** A text under exploration. */
interface Candidate {
  readonly derivations: Derivations;
  /** The kind of the text's last character. undefined is the empty text. */
  readonly lastKind: string | undefined;
}

function* explore(
  stacks: ParseStacks,
  { start, maxSteps, place }: { start: Derivations; maxSteps: number; place: string | undefined },
): Generator<undefined, void> {
  const met = new Set<string>();
  let beam: Candidate[] = [{ derivations: start, lastKind: undefined }];
  for (let length = 1; length <= MAX_CHARACTERS && beam.length > 0; length += 1) {
    yield;
    const isTokenEnd = length % TOKEN_CHARACTERS === 0;
    const next = beam.flatMap((candidate) =>
      charsToExplore(candidate.derivations).map((char) => append(stacks, candidate, char)),
    );
    beam = next.sort((one, other) => total(other.derivations) - total(one.derivations)).slice(0, BEAM_WIDTH);
    const most = beam[0] === undefined ? 0 : total(beam[0].derivations);
    if (most > MAX_DERIVATIONS) {
      throw new GrammarProblem(
        `parses ${length} characters in ${most} ways; at most ${MAX_DERIVATIONS} are allowed, so its alternatives must begin differently${place === undefined ? "" : ` (${place})`}`,
      );
    }
    if (most <= 1 || stacks.steps > maxSteps) return;
    if (!isTokenEnd) continue;
    beam = beam
      .map(({ derivations, lastKind }) => ({ derivations: countStacksOnce(derivations), lastKind }))
      .filter(({ derivations }) => isNew(derivations, met));
  }
}

/** Between two tokens llama.cpp keeps each parse stack once, whatever the number of its derivations. */
function countStacksOnce(derivations: Derivations): Derivations {
  return new Map([...derivations.keys()].map((stack) => [stack, 1]));
}

/** Tokens of several characters seldom mix these kinds, apart from a blank or a mark before a word. */
function kindOf(char: number): string {
  if (char >= 0x30 && char <= 0x39) return "digit";
  return /^[\s\p{P}\p{S}]$/u.test(String.fromCodePoint(char)) ? "mark" : "letter";
}

function isNew(derivations: Derivations, met: Set<string>): boolean {
  const key = [...derivations.keys()]
    .map(({ id }) => id)
    .sort()
    .join(" ");
  if (met.has(key)) return false;
  met.add(key);
  return true;
}

/** The most derivations that one character has. The search ends at the first character with more than one. */
function mostAfterOneChar(stacks: ParseStacks, derivations: Derivations): number {
  let most = 0;
  for (const char of charsToExplore(derivations)) {
    stacks.steps += 1;
    let count = 0;
    for (const [stack, number] of derivations) if (matches(stack.chars, char)) count += number;
    most = Math.max(most, count);
    if (most > 1) return most;
  }
  return most;
}

/** One character of each set that the stacks treat differently. */
function charsToExplore(derivations: Derivations): number[] {
  const chars = new Set<number>();
  for (const { chars: wanted } of derivations.keys()) {
    if (wanted.ranges.length === 0) chars.add(0x61);
    for (const [first, last] of wanted.ranges) {
      chars.add(first);
      if (wanted.isNegated) chars.add(Math.min(last + 1, LAST_CODE_POINT));
    }
    if (chars.size > MAX_EXPLORED_CHARS) break;
  }
  return [...chars];
}

/** The text with one more character. With a single derivation left the result is empty, since the position after it is explored by itself. */
function append(stacks: ParseStacks, { derivations, lastKind }: Candidate, char: number): Candidate {
  const nextKind = kindOf(char);
  const isNewToken = lastKind !== undefined && lastKind !== nextKind;
  const matching = [...derivations].filter(([stack]) => matches(stack.chars, char));
  stacks.steps += derivations.size;
  const number = isNewToken ? matching.length : total(new Map(matching));
  const after = new Map<TerminalStack, number>();
  if (number <= 1) return { derivations: after, lastKind: nextKind };
  for (const [stack, count] of matching) {
    if (stack.below === undefined) continue;
    for (const next of stacks.expand(stack.below)) {
      after.set(next, (after.get(next) ?? 0) + (isNewToken ? 1 : count));
    }
  }
  return { derivations: after, lastKind: nextKind };
}

function total(derivations: Derivations): number {
  let sum = 0;
  for (const number of derivations.values()) sum += number;
  return sum;
}
