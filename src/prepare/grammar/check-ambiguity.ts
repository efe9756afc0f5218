import type { Grammar, GrammarNode } from "./grammar-node.js";
import { GrammarProblem } from "./grammar-problem.js";
import { GrammarWalk, matches, type Place } from "./grammar-walk.js";

/** A token's characters are tried one by one in every way that still fits, and tokens may be long: the ways must not multiply with each character. */
const MOST_WAYS = 64;
const TOKEN_CHARACTERS = 32;
/** Nor must the places, at which an output may stand, multiply as it grows. */
const CHARACTERS = 128;
/** Beginnings that are followed further, those with the most ways. */
const BREADTH = 4;
const MOST_CHARS_TRIED = 64;
/** About as many microseconds. */
const MOST_STEPS = 100_000;

/** Ways to read what has been read, by the places they have come to. */
type Ways = ReadonlyMap<Place, number>;

/**
 * Refuses a grammar in which the ways to read one and the same output multiply as it grows, since llama.cpp follows them all. Tried at every place where
 * one character leads on in several ways, along those characters that keep the most ways open.
 * @returns whether there is no such place
 * @throws GrammarProblem
 */
export function checkAmbiguity(grammar: Grammar): boolean {
  const walk = new GrammarWalk(grammar);
  let isUnambiguous = true;
  for (const [name, rule] of grammar) {
    for (const node of beginningsIn(rule)) {
      const start = new Map(walk.placesOf(walk.restOf(node, 0, undefined)).map((place) => [place, 1] as const));
      if (start.size > 1 && mostWays(walk, start, 1) > 1) {
        isUnambiguous = false;
        follow(walk, start, name);
      }
      if (walk.steps > MOST_STEPS) throw new GrammarProblem("can be read in too many ways to be checked");
    }
  }
  return isUnambiguous;
}

/** Every node from which on a text may be read: where two ways part, they part from one of these. */
function* beginningsIn(node: GrammarNode): Generator<GrammarNode> {
  yield node;
  if (node.type === "sequence") {
    for (const [index, part] of node.parts.entries()) {
      if (index > 0) yield { type: "sequence", parts: node.parts.slice(index) };
      yield* beginningsIn(part);
    }
  } else if (node.type === "choice") {
    for (const option of node.options) yield* beginningsIn(option);
  } else if (node.type === "repeat") {
    yield* beginningsIn(node.body);
  }
}

function follow(walk: GrammarWalk, start: Ways, rule: string): void {
  const met = new Set<string>();
  let beam: Ways[] = [start];
  for (let length = 1; length <= CHARACTERS && beam.length > 0; length += 1) {
    const next = beam.flatMap((ways) => charsWorthTrying(ways).map((char) => read(walk, ways, char)));
    beam = next.sort((one, other) => total(other) - total(one)).slice(0, BREADTH);
    const most = beam[0] === undefined ? 0 : total(beam[0]);
    if (most > MOST_WAYS) {
      throw new GrammarProblem(
        `lets ${length} characters be read in ${most} ways, more than ${MOST_WAYS}, from a place in the rule ${rule} on`,
      );
    }
    if (most <= 1 || walk.steps > MOST_STEPS) return;
    if (length % TOKEN_CHARACTERS === 0) beam = beam.map(forgetCounts).filter((ways) => isNew(ways, met));
  }
}

/** Between two tokens ways that have come to the same place are one. */
function forgetCounts(ways: Ways): Ways {
  return new Map([...ways.keys()].map((place) => [place, 1]));
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
      if (wanted.isNegated) chars.add(last + 1);
    }
    if (chars.size > MOST_CHARS_TRIED) break;
  }
  return [...chars];
}

function read(walk: GrammarWalk, ways: Ways, char: number): Ways {
  const after = new Map<Place, number>();
  for (const [place, number] of ways) {
    walk.steps += 1;
    if (place.then === undefined || !matches(place.chars, char)) continue;
    for (const next of walk.placesOf(place.then)) after.set(next, (after.get(next) ?? 0) + number);
  }
  return after;
}

function total(ways: Ways): number {
  let sum = 0;
  for (const number of ways.values()) sum += number;
  return sum;
}
