import type { Random } from "../../support/random.js";
import { randomPattern } from "../../prepare/grammar/regex/random-pattern.js";

const ATOMS = [
  "a",
  "b",
  ".",
  "\\w",
  "\\p{L}",
  "\\P{Lu}",
  "[^a]",
  "[\\p{N}\\p{P}]",
  "\\s",
  "(?:a|aa)",
  "(?:)",
  "é",
  "😀",
];
const OTHERS = ["\\b", "(?<=a)", "(?<!a)", "(a)\\1", "(?<n>a)\\k<n>", "(?i:a)", "(?=a)", "(?!a)", "^", "$", "\\p{No}"];

/** A pattern for the fuzz. One that is tame has no repetitions inside repetitions, so RegExp takes no time over short texts. */
export interface PatternText {
  readonly pattern: string;
  readonly isTame: boolean;
}

/** Patterns that are valid, patterns on which backtracking never ends, huge and nested counts, many properties, and constructs that are not supported. */
export function randomPatternText(random: Random): PatternText {
  const roll = random.next();
  if (roll < 0.5) return { pattern: randomPattern(random, { nests: false }), isTame: true };
  if (roll < 0.7) return { pattern: randomPattern(random, { nests: true }), isTame: false };
  return { pattern: roll < 0.95 ? hostilePattern(random, 4) : longPattern(random), isTame: false };
}

function hostilePattern(random: Random, depth: number): string {
  const length = 1 + Math.floor(random.below(4));
  const body = Array.from({ length }, () => {
    if (random.next() < 0.05) return random.pick(OTHERS);
    const isGroup = depth > 0 && random.next() < 0.5;
    const element = isGroup ? `(${hostilePattern(random, depth - 1)})` : random.pick(ATOMS);
    return random.next() < 0.6 ? element + randomCount(random) : element;
  }).join(random.next() < 0.3 ? "|" : "");
  return depth === 4 && random.next() < 0.5 ? `^${body}$` : body;
}

function randomCount(random: Random): string {
  const most = Math.floor(10 ** random.below(random.next() < 0.05 ? 12 : 4));
  const least = Math.floor(random.below(most + 1));
  return random.pick(["*", "+", "?", `{${most}}`, `{0,${most}}`, `{${least},${most}}`, `{${least},}`, "+?"]);
}

/** Thousands of alternatives, of characters in a class or of parts in a row. */
function longPattern(random: Random): string {
  const length = Math.floor(10 ** (1 + random.below(3)));
  const point = (): string => `\\u{${Math.floor(random.below(0x110000)).toString(16)}}`;
  switch (random.pick(["alternatives", "class", "lookaheads", "sequence"])) {
    case "alternatives":
      return `^(?:${Array.from({ length }, () => `${point()}x${randomCount(random)}`).join("|")})$`;
    case "class":
      return `[${Array.from({ length }, point).join("")}]${randomCount(random)}`;
    case "lookaheads":
      return `^${Array.from({ length: length % 30 }, () => `(?=.*${random.pick(ATOMS)}{1,3})`).join("")}.${randomCount(random)}$`;
    default:
      return Array.from({ length }, () => random.pick(ATOMS) + random.pick(["", "?", "*"])).join("");
  }
}
