import { GrammarProblem } from "../rules/grammar-node.js";
import { ALL_CODE_POINTS, type CodePointSet } from "./code-point-set.js";

const MAX_BOUNDARIES = 20_000;
const MAX_CLASSES = 2_000;

/** A partition of all code points into classes that an automaton does not tell apart inside. */
export interface Alphabet {
  /** The code points of each class. */
  readonly classes: readonly CodePointSet[];
}

/** The coarsest alphabet in which each set is a union of classes, and the classes of each set. */
export function alphabetOf(sets: readonly CodePointSet[]): {
  alphabet: Alphabet;
  classesOf: readonly (readonly number[])[];
} {
  const changes = new Map<number, number[]>();
  const change = (point: number, set: number): void => {
    const known = changes.get(point);
    if (known === undefined) changes.set(point, [set]);
    else known.push(set);
  };
  for (const [index, set] of [ALL_CODE_POINTS, ...sets].entries()) {
    for (const [first, last] of set) {
      change(first, index);
      change(last + 1, index);
    }
  }
  if (changes.size > MAX_BOUNDARIES) {
    throw new GrammarProblem(`has character classes with ${changes.size} ends; at most ${MAX_BOUNDARIES} are allowed`);
  }
  const points = [...changes.keys()].sort((one, other) => one - other);
  const classes: [number, number][][] = [];
  const classesOf = sets.map((): number[] => []);
  const numbers = new Map<string, number>();
  const active = new Set<number>();
  for (const [index, point] of points.entries()) {
    for (const set of changes.get(point) ?? []) if (!active.delete(set)) active.add(set);
    if (!active.has(0)) continue;
    const members = [...active].sort((one, other) => one - other);
    const key = members.join(" ");
    let number = numbers.get(key);
    if (number === undefined) {
      number = classes.length;
      if (number === MAX_CLASSES) {
        throw new GrammarProblem(`tells more than ${MAX_CLASSES} kinds of characters apart, which is the bound`);
      }
      numbers.set(key, number);
      classes.push([]);
      for (const set of members) if (set > 0) classesOf[set - 1]?.push(number);
    }
    classes[number]?.push([point, (points[index + 1] ?? 0) - 1]);
  }
  return { alphabet: { classes }, classesOf };
}
