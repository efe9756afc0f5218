import { GrammarProblem } from "../rules/grammar-node.js";
import { alphabetOf } from "./alphabet.js";
import { type Automaton, AutomatonBuilder, DEAD } from "./automaton.js";
import { type CodePointSet, unionOf } from "./code-point-set.js";
import type { PatternWork } from "./pattern-work.js";

/** The most states of the deterministic automaton before equivalent ones are merged. */
const MAX_STATES = 16_384;
/** The work for a transition of an automaton that becomes a part of a graph, and for a range of the sets that an alphabet is made of. */
const STEPS_PER_EMBEDDED = 20;
const STEPS_PER_RANGE = 4;
const MAX_GRAPH_STATES = 40_000;

/** A state of a nondeterministic automaton. It leads on without a character, except for a character's state. */
type GraphState =
  | { readonly type: "char"; readonly set: number; to: number }
  | { readonly type: "branch"; readonly to: number[] }
  /** Leads on at the beginning of the text, or at its end. */
  | { readonly type: "beginning" | "end"; readonly to: number }
  /** Whatever follows is accepted. */
  | { readonly type: "anything" };

/** The nondeterministic automaton of a pattern. It grows from the end of the pattern: each new state leads to states that are there already. */
export class StateGraph {
  /** The state from which every text is accepted. */
  readonly anything: number;
  /** The state from which the empty text alone is accepted. */
  readonly textEnd: number;
  readonly #states: GraphState[] = [];
  readonly #sets: CodePointSet[] = [];
  readonly #setNumbers = new Map<string, number>();
  readonly #work: PatternWork;
  /** The ranges of all sets. */
  #ranges = 0;

  constructor(work: PatternWork) {
    this.#work = work;
    this.anything = this.#add({ type: "anything" });
    this.textEnd = this.#add({ type: "end", to: this.anything });
  }

  /** The number of a set of characters, for `char`. */
  setNumber(set: CodePointSet): number {
    const key = set.join(" ");
    let number = this.#setNumbers.get(key);
    if (number !== undefined) return number;
    number = this.#sets.length;
    this.#sets.push(set);
    this.#ranges += set.length;
    this.#setNumbers.set(key, number);
    return number;
  }

  char(set: number, to: number): number {
    return this.#add({ type: "char", set, to });
  }

  branch(...to: readonly number[]): number {
    return this.#add({ type: "branch", to: [...to] });
  }

  atBeginning(to: number): number {
    return this.#add({ type: "beginning", to });
  }

  atEnd(to: number): number {
    return this.#add({ type: "end", to });
  }

  /** A branch whose ways are known once `complete` has made them from its number. */
  loop(complete: (branch: number) => readonly number[]): number {
    const to: number[] = [];
    const branch = this.#add({ type: "branch", to });
    to.push(...complete(branch));
    return branch;
  }

  /** Whether an anchor `^` stands between the state and the next character. */
  beginsAtBeginning(start: number): boolean {
    const met = new Set([start]);
    for (const number of met) {
      const state = this.#states[number];
      if (state?.type === "beginning") return true;
      if (state?.type === "branch") for (const to of state.to) met.add(to);
      if (state?.type === "end") met.add(state.to);
    }
    return false;
  }

  /** The state from which this graph accepts what the automaton accepts. */
  embed({ alphabet, next, accepts }: Automaton): number {
    const width = alphabet.classes.length;
    this.#work.spend(next.length * STEPS_PER_EMBEDDED);
    const entries = accepts.map(() => this.#add({ type: "branch", to: [] }));
    for (const [state, accepted] of accepts.entries()) {
      const entry = this.#states[entries[state] ?? 0];
      if (entry?.type !== "branch") continue;
      if (accepted) entry.to.push(this.textEnd);
      const classes = new Map<number, number[]>();
      for (let index = 0; index < width; index += 1) {
        const to = next[state * width + index] ?? DEAD;
        if (to !== DEAD) classes.set(to, [...(classes.get(to) ?? []), index]);
      }
      for (const [to, indexes] of classes) {
        const set = unionOf(indexes.flatMap((index) => alphabet.classes[index] ?? []));
        entry.to.push(this.char(this.setNumber(set), entries[to] ?? 0));
      }
    }
    return entries[0] ?? this.anything;
  }

  /**
   * The deterministic automaton of the texts that are accepted from a state on.
   * @param isBeginning whether the state stands at the beginning of the text
   * @throws GrammarProblem when it is too large
   */
  determine(start: number, isBeginning: boolean): Automaton {
    this.#work.spend(this.#ranges * STEPS_PER_RANGE);
    const { alphabet, classesOf } = alphabetOf(this.#sets);
    const builder = new AutomatonBuilder<readonly number[]>({
      alphabet,
      maxStates: MAX_STATES,
      work: this.#work,
      keyOf: (states) => states.join(" "),
    });
    const first = this.#closure([start], { isBeginning, isEnd: false });
    return builder.build(
      first,
      (states) => this.#follow(states, classesOf, alphabet.classes.length),
      (states, number) =>
        this.#closure(states, { isBeginning: isBeginning && number === 0, isEnd: true }).includes(this.anything),
    );
  }

  #follow(
    states: readonly number[],
    classesOf: readonly (readonly number[])[],
    width: number,
  ): readonly (readonly number[] | undefined)[] {
    if (states[0] === this.anything) return Array.from({ length: width }, () => states);
    const targets = new Map<number, Set<number>>();
    for (const number of states) {
      const state = this.#states[number];
      if (state?.type !== "char") continue;
      for (const symbol of classesOf[state.set] ?? []) {
        const known = targets.get(symbol) ?? new Set<number>();
        targets.set(symbol, known.add(state.to));
        this.#work.spend(1);
      }
    }
    const closures = new Map<string, readonly number[]>();
    return Array.from({ length: width }, (_, symbol) => {
      const target = targets.get(symbol);
      if (target === undefined) return undefined;
      const list = [...target].sort((one, other) => one - other);
      const key = list.join(" ");
      let closure = closures.get(key);
      if (closure === undefined) {
        closure = this.#closure(list, { isBeginning: false, isEnd: false });
        closures.set(key, closure);
      }
      return closure.length === 0 ? undefined : closure;
    });
  }

  /** The states that those lead to without a character, in ascending order. Branches are left out; `anything` stands alone. */
  #closure(
    from: readonly number[],
    { isBeginning, isEnd }: { isBeginning: boolean; isEnd: boolean },
  ): readonly number[] {
    const met = new Set<number>(from);
    const kept: number[] = [];
    const due = [...from];
    for (let number = due.pop(); number !== undefined; number = due.pop()) {
      this.#work.spend(1);
      if (number === this.anything) return [number];
      const state = this.#states[number];
      if (state === undefined || state.type === "anything") continue;
      if (state.type === "char" || state.type === "end") kept.push(number);
      if (state.type === "char" || (state.type === "end" && !isEnd) || (state.type === "beginning" && !isBeginning)) {
        continue;
      }
      for (const to of state.type === "branch" ? state.to : [state.to]) {
        if (met.has(to)) continue;
        met.add(to);
        due.push(to);
      }
    }
    return kept.sort((one, other) => one - other);
  }

  #add(state: GraphState): number {
    if (this.#states.length === MAX_GRAPH_STATES) {
      throw new GrammarProblem(
        `is longer than ${MAX_GRAPH_STATES} states with its repetitions written out, which is the bound`,
      );
    }
    this.#states.push(state);
    return this.#states.length - 1;
  }
}
