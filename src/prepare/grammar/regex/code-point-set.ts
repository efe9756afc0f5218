import type { CharRange } from "../rules/grammar-node.js";

/** A set of code points as ranges in ascending order, none of which touch. */
export type CodePointSet = readonly CharRange[];

/** Every code point that a text can contain: surrogates are halves of code points. */
export const ALL_CODE_POINTS: CodePointSet = [
  [0, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** The code points below U+10000. A pattern without the flag `u` reads every other one as two characters. */
export const BASIC_PLANE: CodePointSet = [
  [0, 0xd7ff],
  [0xe000, 0xffff],
];

/** The union of ranges in any order. */
export function unionOf(ranges: readonly CharRange[]): CodePointSet {
  const union: CharRange[] = [];
  for (const [first, last] of [...ranges].sort(([one], [other]) => one - other)) {
    const before = union.at(-1);
    if (before !== undefined && first <= before[1] + 1)
      union[union.length - 1] = [before[0], Math.max(before[1], last)];
    else union.push([first, last]);
  }
  return union;
}

/** The code points that both sets contain. */
export function intersectionOf(one: CodePointSet, other: CodePointSet): CodePointSet {
  const common: CharRange[] = [];
  for (let index = 0, otherIndex = 0; ;) {
    const [range, otherRange] = [one[index], other[otherIndex]];
    if (range === undefined || otherRange === undefined) return common;
    const [first, last] = [Math.max(range[0], otherRange[0]), Math.min(range[1], otherRange[1])];
    if (first <= last) common.push([first, last]);
    if (range[1] < otherRange[1]) index += 1;
    else otherIndex += 1;
  }
}

/** The code points of the first set that the second does not contain. */
export function differenceOf(one: CodePointSet, other: CodePointSet): CodePointSet {
  const outside: CharRange[] = [];
  let next = 0;
  for (const [first, last] of other) {
    if (next < first) outside.push([next, first - 1]);
    next = last + 1;
  }
  outside.push([next, 0x10ffff]);
  return intersectionOf(one, outside);
}
