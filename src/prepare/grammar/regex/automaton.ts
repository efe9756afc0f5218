import { GrammarProblem } from "../rules/grammar-node.js";
import { type Alphabet, alphabetOf } from "./alphabet.js";
import { unionOf } from "./code-point-set.js";

/** The most states of an automaton while it is built. */
export const MAX_STATES = 8_192;
/** The most transitions, which all states have for each class of their alphabet. */
const MAX_TRANSITIONS = 2_000_000;

/** No text that goes this way is accepted. */
export const DEAD = -1;

/** A deterministic automaton over code points. Its first state is 0. */
export interface Automaton {
  readonly alphabet: Alphabet;
  /** The next state for each state and class, in rows of states. */
  readonly next: Int32Array;
  /** Whether a text may end in the state. */
  readonly accepts: readonly boolean[];
}

/** Finds the states of an automaton by following the transitions from the first one. */
export class AutomatonBuilder<S> {
  readonly #alphabet: Alphabet;
  readonly #keyOf: (state: S) => string | number;
  readonly #numbers = new Map<string | number, number>();
  readonly #states: S[] = [];

  constructor(alphabet: Alphabet, keyOf: (state: S) => string | number) {
    this.#alphabet = alphabet;
    this.#keyOf = keyOf;
  }

  /**
   * @param follow the next state for each class; undefined is dead
   * @throws GrammarProblem when there are too many states
   */
  build(
    first: S,
    follow: (state: S, number: number) => readonly (S | undefined)[],
    accepts: (state: S, number: number) => boolean,
  ): Automaton {
    this.#states.push(first);
    const rows: Int32Array[] = [];
    const accepting: boolean[] = [];
    for (let number = 0; number < this.#states.length; number += 1) {
      const state = this.#states[number] as S;
      accepting.push(accepts(state, number));
      rows.push(Int32Array.from(follow(state, number), (next) => (next === undefined ? DEAD : this.#numberOf(next))));
      if (rows.length * this.#alphabet.classes.length > MAX_TRANSITIONS) {
        throw new GrammarProblem(`needs more than ${MAX_TRANSITIONS} transitions between states, which is the bound`);
      }
    }
    const width = this.#alphabet.classes.length;
    const next = new Int32Array(rows.length * width);
    for (const [number, row] of rows.entries()) next.set(row, number * width);
    return { alphabet: this.#alphabet, next, accepts: accepting };
  }

  #numberOf(state: S): number {
    const key = this.#keyOf(state);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#states.length;
    if (number === MAX_STATES) {
      throw new GrammarProblem(`needs more than ${MAX_STATES} states, which is the bound; smaller counts need fewer`);
    }
    this.#numbers.set(key, number);
    this.#states.push(state);
    return number;
  }
}

/**
 * The automaton that runs both at once.
 * @param accepts whether a text may end, given whether each of the two accepts it
 */
export function productOf(
  one: Automaton,
  other: Automaton,
  accepts: (one: boolean, other: boolean) => boolean,
): Automaton {
  const width = one.alphabet.classes.length;
  const otherWidth = other.alphabet.classes.length;
  const { alphabet, classesOf } = alphabetOf([...one.alphabet.classes, ...other.alphabet.classes]);
  const pairs = alphabet.classes.map(() => [0, 0] as [number, number]);
  for (const [index, classes] of classesOf.entries()) {
    for (const number of classes) {
      const pair = pairs[number];
      if (pair === undefined) continue;
      if (index < width) pair[0] = index;
      else pair[1] = index - width;
    }
  }
  const needsBoth = !accepts(true, false);
  const needsFirst = !accepts(false, true);
  const otherCount = other.accepts.length + 1;
  const builder = new AutomatonBuilder<readonly [number, number]>(
    alphabet,
    ([state, otherState]) => (state + 1) * otherCount + otherState + 1,
  );
  return builder.build(
    [0, 0],
    ([state, otherState]) =>
      pairs.map(([own, its]) => {
        const next = state === DEAD ? DEAD : (one.next[state * width + own] ?? DEAD);
        const otherNext = otherState === DEAD ? DEAD : (other.next[otherState * otherWidth + its] ?? DEAD);
        if (next === DEAD && (otherNext === DEAD || needsFirst)) return undefined;
        return otherNext === DEAD && needsBoth ? undefined : ([next, otherNext] as const);
      }),
    ([state, otherState]) => accepts(one.accepts[state] ?? false, other.accepts[otherState] ?? false),
  );
}

/** The automaton over the coarsest alphabet: classes with equal transitions become one. */
export function mergeClasses({ alphabet, next, accepts }: Automaton): Automaton {
  const width = alphabet.classes.length;
  const columns = new Map<string, number[]>();
  for (let index = 0; index < width; index += 1) {
    const key = accepts.map((_, state) => next[state * width + index]).join(" ");
    const known = columns.get(key);
    if (known === undefined) columns.set(key, [index]);
    else known.push(index);
  }
  if (columns.size === width) return { alphabet, next, accepts };
  const groups = [...columns.values()];
  const classes = groups.map((group) => unionOf(group.flatMap((index) => alphabet.classes[index] ?? [])));
  const merged = new Int32Array(accepts.length * groups.length);
  for (let state = 0; state < accepts.length; state += 1) {
    for (const [index, [first]] of groups.entries()) {
      merged[state * groups.length + index] = next[state * width + (first ?? 0)] ?? DEAD;
    }
  }
  return { alphabet: { classes }, next: merged, accepts };
}
