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

/**
 * A pattern of ECMA-262 that is valid with the flag `u` and that the compiler supports, unless it grows beyond a bound.
 * @param options.nests whether repetitions may stand inside repetitions, for which RegExp may take very long
 */
export function randomPattern(random: Random, { nests }: { nests: boolean }): string {
  const body = alternatives(random, { depth: 3, nests });
  const roll = random.next();
  if (roll < 0.5) return `^${random.next() < 0.5 ? `(?:${body})` : body}$`;
  if (roll < 0.6) return `^${body}`;
  if (roll < 0.7) return `${body}$`;
  if (roll < 0.85) {
    return `^${random.pick(["(?=", "(?!"])}${alternatives(random, { depth: 1, nests })})(?:${body})$`;
  }
  return body;
}

interface Inside {
  /** The most levels of groups. */
  readonly depth: number;
  readonly nests: boolean;
}

function alternatives(random: Random, inside: Inside): string {
  const number = random.next() < 0.7 ? 1 : 1 + Math.floor(random.below(3));
  return Array.from({ length: number }, () => sequence(random, inside)).join("|");
}

function sequence(random: Random, inside: Inside): string {
  const length = Math.floor(random.below(4));
  return Array.from({ length }, () => term(random, inside)).join("");
}

function term(random: Random, { depth, nests }: Inside): string {
  if (random.next() < 0.04) return random.pick(["^", "$"]);
  const isRepeated = random.next() < 0.35;
  if (depth > 0 && random.next() < 0.3) {
    const inner = alternatives(random, { depth: isRepeated && !nests ? 0 : depth - 1, nests });
    // Without groups inside, the group still contains repetitions of single characters.
    const hasCounts = !nests && /[*+?}]/.test(inner);
    return `${random.pick(["(", "(?:"])}${inner})${isRepeated && !hasCounts ? random.pick(COUNTS) : ""}`;
  }
  const atom = random.pick(ATOMS);
  return isRepeated && atom !== "ab" ? atom + random.pick(COUNTS) : atom;
}
