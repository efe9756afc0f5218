import { GrammarProblem } from "../rules/grammar-node.js";
import { type Alphabet, alphabetOf } from "./alphabet.js";
import { unionOf } from "./code-point-set.js";
import type { PatternWork } from "./pattern-work.js";

/** The most states of a product of two automata, most of which often turn out to be equivalent. */
const MAX_PRODUCT_STATES = 65_536;
/** The most transitions, which all states have for each class of their alphabet. */
const MAX_TRANSITIONS = 2_000_000;

/** The work for each transition, with what it takes to minimise the automaton. */
const STEPS_PER_TRANSITION = 2;

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

interface BuilderOptions<S> {
  readonly alphabet: Alphabet;
  readonly maxStates: number;
  readonly work: PatternWork;
  /** Equal for equal states. */
  readonly keyOf: (state: S) => string | number;
}

/** Finds the states of an automaton by following the transitions from the first one. */
export class AutomatonBuilder<S> {
  readonly #options: BuilderOptions<S>;
  readonly #numbers = new Map<string | number, number>();
  readonly #states: S[] = [];

  constructor(options: BuilderOptions<S>) {
    this.#options = options;
  }

  /**
   * @param follow the next state for each class; undefined is dead
   * @throws GrammarProblem when there are too many states
   */
  build(
    first: S,
    follow: (state: S) => readonly (S | undefined)[],
    accepts: (state: S, number: number) => boolean,
  ): Automaton {
    this.#states.push(first);
    const { alphabet, work } = this.#options;
    const width = alphabet.classes.length;
    const rows: Int32Array[] = [];
    const accepting: boolean[] = [];
    for (let number = 0; number < this.#states.length; number += 1) {
      const state = this.#states[number] as S;
      accepting.push(accepts(state, number));
      const row = new Int32Array(width);
      for (const [index, next] of follow(state).entries()) {
        row[index] = next === undefined ? DEAD : this.#numberOf(next);
      }
      rows.push(row);
      work.spend(width * STEPS_PER_TRANSITION);
      if (rows.length * width > MAX_TRANSITIONS) {
        throw new GrammarProblem(`needs more than ${MAX_TRANSITIONS} transitions between states, which is the bound`);
      }
    }
    const next = new Int32Array(rows.length * width);
    for (const [number, row] of rows.entries()) next.set(row, number * width);
    return { alphabet, next, accepts: accepting };
  }

  #numberOf(state: S): number {
    const { keyOf, maxStates } = this.#options;
    const key = keyOf(state);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#states.length;
    if (number === maxStates) {
      throw new GrammarProblem(`needs more than ${maxStates} states, which is the bound; smaller counts need fewer`);
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
  [one, other]: readonly [Automaton, Automaton],
  accepts: (one: boolean, other: boolean) => boolean,
  work: PatternWork,
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
  const builder = new AutomatonBuilder<readonly [number, number]>({
    alphabet,
    maxStates: MAX_PRODUCT_STATES,
    work,
    keyOf: ([state, otherState]) => (state + 1) * otherCount + otherState + 1,
  });
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
