import { type Grammar, type GrammarNode, sequence } from "./grammar-node.js";
import { GrammarProblem } from "./grammar-problem.js";
import { GrammarWalk, matches, type Place } from "./grammar-walk.js";
import { againOf, OpenTails } from "./open-tails.js";
import { findEmptyRules } from "./rule-properties.js";

/** A token's characters are tried one by one in every way that still fits, and tokens may be long: the ways must not multiply with each character. */
const MOST_WAYS = 64;
const TOKEN_CHARACTERS = 32;
/** Nor must the places, at which an output may stand, multiply as it grows. */
const CHARACTERS = 96;
/** Beginnings that are followed further, those with the most ways. */
const BREADTH = 3;
const MOST_CHARS_TRIED = 64;
const LAST_CODE_POINT = 0x10ffff;
/** Each takes a microsecond or two. */
const MOST_STEPS = 60_000;

/** Ways to read what has been read, by the places they have come to. */
type Ways = ReadonlyMap<Place, number>;

/**
 * Refuses a grammar in which the ways to read one and the same output multiply as it grows, since llama.cpp follows them all. Tried where one character
 * leads on in several ways, along those characters that keep the most ways open.
 * @param starts the nodes at whose beginnings ways may part; default: every place there is
 * @returns whether there is no such place
 * @throws GrammarProblem
 */
export function checkAmbiguity(grammar: Grammar, starts: Iterable<GrammarNode> = placesIn(grammar)): boolean {
  const walk = new GrammarWalk(grammar);
  let isUnambiguous = true;
  for (const node of starts) {
    const start = new Map(walk.placesOf(walk.restOf(node, 0, undefined)).map((place) => [place, 1] as const));
    if (start.size > 1 && mostWays(walk, start, 1) > 1) {
      isUnambiguous = false;
      follow(walk, start);
    }
    if (walk.steps > MOST_STEPS) throw new GrammarProblem("can be read in too many ways to be checked");
  }
  return isUnambiguous;
}

/** Every place at which an output may stand, as what is to be read from there on within the rule. */
function* placesIn(grammar: Grammar): Generator<GrammarNode> {
  const tails = new OpenTails(grammar, findEmptyRules(grammar));
  for (const rule of grammar.values()) {
    yield rule;
    yield* placesInside(rule, tails);
  }
}

function* placesInside(node: GrammarNode, tails: OpenTails): Generator<GrammarNode> {
  if (node.type === "sequence") {
    for (const [index, part] of node.parts.entries()) {
      yield* placesInside(part, tails);
      const after = node.parts.slice(index + 1);
      if (after.length === 0) return;
      yield sequence(...after);
      for (const tail of tails.of(part)) yield sequence(tail, ...after);
    }
  } else if (node.type === "choice") {
    for (const option of node.options) {
      yield option;
      yield* placesInside(option, tails);
    }
  } else if (node.type === "repeat") {
    yield* placesInside(node.body, tails);
    const again = againOf(node);
    if (again === undefined) return;
    yield again;
    for (const tail of tails.of(node.body)) yield sequence(tail, again);
  }
}

interface Reading {
  readonly ways: Ways;
  readonly kind: string | undefined;
}

function follow(walk: GrammarWalk, start: Ways): void {
  const met = new Set<string>();
  let beam: Reading[] = [{ ways: start, kind: undefined }];
  for (let length = 1; length <= CHARACTERS && beam.length > 0; length += 1) {
    const isTokenEnd = length % TOKEN_CHARACTERS === 0;
    const next = beam.flatMap((reading) => charsWorthTrying(reading.ways).map((char) => read(walk, reading, char)));
    beam = next.sort((one, other) => total(other.ways) - total(one.ways)).slice(0, BREADTH);
    const most = beam[0] === undefined ? 0 : total(beam[0].ways);
    if (most > MOST_WAYS) {
      throw new GrammarProblem(
        `lets ${length} characters be read in ${most} ways, more than ${MOST_WAYS}: its parts should begin differently`,
      );
    }
    if (most <= 1 || walk.steps > MOST_STEPS) return;
    if (!isTokenEnd) continue;
    beam = beam.map(({ ways, kind }) => ({ ways: forgetCounts(ways), kind })).filter(({ ways }) => isNew(ways, met));
  }
}

/** Between two tokens ways that have come to the same place are one. */
function forgetCounts(ways: Ways): Ways {
  return new Map([...ways.keys()].map((place) => [place, 1]));
}

/** Tokens of several characters seldom mix these, but for a blank or a mark before a word. */
function kindOf(char: number): string {
  if (char >= 0x30 && char <= 0x39) return "digit";
  return /^[\s\p{P}\p{S}]$/u.test(String.fromCodePoint(char)) ? "mark" : "letter";
}

function isNew(ways: Ways, met: Set<string>): boolean {
  const key = [...ways.keys()]
    .map(({ id }) => id)
    .sort()
    .join(" ");
  if (met.has(key)) return false;
  met.add(key);
  return true;
}

function mostWays(walk: GrammarWalk, ways: Ways, atLeast: number): number {
  let most = 0;
  for (const char of charsWorthTrying(ways)) {
    walk.steps += 1;
    let count = 0;
    for (const [place, number] of ways) if (matches(place.chars, char)) count += number;
    most = Math.max(most, count);
    if (most > atLeast) return most;
  }
  return most;
}

/** One of each kind of character between which the places tell. */
function charsWorthTrying(ways: Ways): number[] {
  const chars = new Set<number>();
  for (const { chars: wanted } of ways.keys()) {
    if (wanted.ranges.length === 0) chars.add(0x61);
    for (const [first, last] of wanted.ranges) {
      chars.add(first);
      if (wanted.isNegated) chars.add(Math.min(last + 1, LAST_CODE_POINT));
    }
    if (chars.size > MOST_CHARS_TRIED) break;
  }
  return [...chars];
}

/** What is left after one more character; nothing where there is one way alone, since what follows is tried by itself. */
function read(walk: GrammarWalk, { ways, kind }: Reading, char: number): Reading {
  const nextKind = kindOf(char);
  const isNewToken = kind !== undefined && kind !== nextKind;
  const matching = [...ways].filter(([place]) => matches(place.chars, char));
  walk.steps += ways.size;
  const number = isNewToken ? matching.length : total(new Map(matching));
  const after = new Map<Place, number>();
  if (number <= 1) return { ways: after, kind: nextKind };
  for (const [place, count] of matching) {
    if (place.then === undefined) continue;
    for (const next of walk.placesOf(place.then)) {
      after.set(next, (after.get(next) ?? 0) + (isNewToken ? 1 : count));
    }
  }
  return { ways: after, kind: nextKind };
}

function total(ways: Ways): number {
  let sum = 0;
  for (const number of ways.values()) sum += number;
  return sum;
}
