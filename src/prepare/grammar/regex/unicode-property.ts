import type { CharRange } from "../rules/grammar-node.js";
import { ALL_CODE_POINTS, type CodePointSet, intersectionOf, unionOf } from "./code-point-set.js";

/** Code points from here on are in blocks whose members all have the same properties, apart from noncharacters. */
const FIRST_UNIFORM = 0x34000;
const TAGS: CharRange = [0xe0000, 0xe0fff];
const PLANE = 0x10000;
const LAST_PLANE = 16;

const known = new Map<string, CodePointSet>();

/**
 * The code points with a property of Unicode, such as `L` or `Script=Greek`. A property takes some ten milliseconds on its first use. The number of
 * properties bounds what is kept.
 * @param property an expression that is valid inside `\p{}`
 */
export function codePointsOf(property: string): CodePointSet {
  let set = known.get(property);
  if (set === undefined) known.set(property, (set = findCodePoints(property)));
  return set;
}

function findCodePoints(property: string): CodePointSet {
  const expression = new RegExp(`^\\p{${property}}$`, "u");
  const ranges: CharRange[] = [];
  for (const [first, last] of blocks()) {
    if (expression.test(String.fromCodePoint(first))) ranges.push([first, last]);
  }
  return intersectionOf(unionOf(ranges), ALL_CODE_POINTS);
}

/** Ranges whose members have all properties in common. */
function* blocks(): Generator<CharRange> {
  for (let point = 0; point < FIRST_UNIFORM; point += 1) yield [point, point];
  for (let plane = Math.floor(FIRST_UNIFORM / PLANE); plane <= LAST_PLANE; plane += 1) {
    const [first, last] = [plane * PLANE, plane * PLANE + PLANE - 1];
    if (first === TAGS[0]) for (let point = first; point <= TAGS[1]; point += 1) yield [point, point];
    yield [Math.max(first === TAGS[0] ? TAGS[1] + 1 : first, FIRST_UNIFORM), last - 2];
    yield [last - 1, last];
  }
}
