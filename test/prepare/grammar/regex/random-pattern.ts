import type { Random } from "../../../support/random.js";

const ATOMS = [
  "a",
  "b",
  "ab",
  "é",
  "😀",
  '"',
  "\\\\",
  "/",
  "-",
  "\\.",
  "\\n",
  "\\x41",
  "\\u00e9",
  "\\u{1F600}",
  ".",
  "\\d",
  "\\w",
  "\\s",
  "\\D",
  "\\W",
  "\\S",
  "[a-z]",
  "[^a-z]",
  "[a-f0-9]",
  '["\\\\\\n]',
  "[^\\s@]",
  "[\\w-]",
  "[^\\W\\d]",
  "[]",
  "[^]",
  "\\p{Lu}",
  "\\P{L}",
  "[\\p{L}\\p{N}_]",
  "[^\\p{L}]",
  "\\p{Script=Greek}",
];
const COUNTS = ["*", "+", "?", "{2}", "{0,3}", "{1,4}", "{2,}", "*?", "+?", "??", "{1,3}?", "{0}"];

/** A pattern of ECMA-262 that is valid with the flag `u` and that the compiler supports, unless it grows beyond a bound. */
export function randomPattern(random: Random): string {
  const body = alternatives(random, 3);
  const roll = random.next();
  if (roll < 0.5) return `^${random.next() < 0.5 ? `(?:${body})` : body}$`;
  if (roll < 0.6) return `^${body}`;
  if (roll < 0.7) return `${body}$`;
  if (roll < 0.85) return `^${random.pick(["(?=", "(?!"])}${alternatives(random, 1)})(?:${body})$`;
  return body;
}

function alternatives(random: Random, depth: number): string {
  const number = random.next() < 0.7 ? 1 : 1 + Math.floor(random.below(3));
  return Array.from({ length: number }, () => sequence(random, depth)).join("|");
}

function sequence(random: Random, depth: number): string {
  const length = Math.floor(random.below(4));
  return Array.from({ length }, () => term(random, depth)).join("");
}

function term(random: Random, depth: number): string {
  if (random.next() < 0.04) return random.pick(["^", "$"]);
  const isGroup = depth > 0 && random.next() < 0.3;
  const group = random.pick(["(", "(?:"]);
  const element = isGroup ? `${group}${alternatives(random, depth - 1)})` : random.pick(ATOMS);
  return random.next() < 0.35 && element !== "ab" ? element + random.pick(COUNTS) : element;
}
