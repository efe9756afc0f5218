import { createHash } from "node:crypto";
import { choice, EMPTY, type GrammarNode, GrammarProblem, ruleNode, sequence, text } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { type Automaton, DEAD } from "./automaton.js";
import { ALL_CODE_POINTS, type CodePointSet, differenceOf, unionOf } from "./code-point-set.js";
import type { Language } from "./language.js";

/** The way the texts of a language are written in an output. */
export interface LanguageForm {
  /** Names the form, since one rule book may hold a language in several. */
  readonly name: string;
  /** The grammar of one character of the set, all of which the form can write. */
  char(book: RuleBook, set: CodePointSet): GrammarNode;
  /** The grammar of any number of characters. undefined means that the form cannot write every character. */
  readonly anything: ((book: RuleBook) => GrammarNode) | undefined;
  /** Follows the text. */
  readonly end: GrammarNode;
}

/** Larger sets become rules, so that a grammar contains each of them once. */
const MAX_INLINE_RANGES = 4;
/** llama.cpp reads a repetition count above 2,000 as unbounded. */
const MAX_ROUNDS = 1_000;
const MANY_ROUNDS = 64;

/** A language with more states would take too many rules, or too many symbols. */
const MAX_WRITTEN_STATES = 16_384;

const PLAIN: LanguageForm = {
  name: "plain",
  char: charOf,
  anything: undefined,
  end: EMPTY,
};

/** Every character that an output can contain. */
const WRITABLE: CodePointSet = differenceOf(ALL_CODE_POINTS, [[0, 0]]);

/**
 * The grammar of the language's texts as they are.
 * @throws GrammarProblem when the language has none that an output can contain
 */
export function writeText(book: RuleBook, language: Language): GrammarNode {
  return writeLanguage(book, language.within(WRITABLE), PLAIN);
}

/** One of the characters, as they are. */
export function charOf(book: RuleBook, set: CodePointSet): GrammarNode {
  const chars: GrammarNode = { type: "chars", ranges: set, isNegated: false };
  const [first] = set;
  if (set.length === 1 && first !== undefined && first[0] === first[1]) return text(String.fromCodePoint(first[0]));
  return set.length <= MAX_INLINE_RANGES ? chars : ruleOfChars(book, set);
}

function ruleOfChars(book: RuleBook, set: CodePointSet): GrammarNode {
  return book.share(`chars-${hashOf(set.join(" "))}`, () => ({ type: "chars", ranges: set, isNegated: false }));
}

/**
 * The grammar of a language with one rule for each state at which its texts part. Each text has one derivation. A language that is given again gets the same
 * rules.
 * @throws GrammarProblem when the language is empty or too large
 */
export function writeLanguage(book: RuleBook, language: Language, form: LanguageForm): GrammarNode {
  if (language.isEmpty) throw new GrammarProblem("matches no text");
  const { alphabet, next, accepts } = language.automaton;
  if (accepts.length > MAX_WRITTEN_STATES) {
    throw new GrammarProblem(
      `needs ${accepts.length} states; at most ${MAX_WRITTEN_STATES} can be written as a grammar`,
    );
  }
  const key = JSON.stringify([alphabet.classes, Array.from(next), accepts]);
  return book.share(`${form.name}-${hashOf(key)}`, () => new LanguageWriter(book, language.automaton, form).write());
}

export function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 16);
}

/** The characters that lead from one state to another. */
interface Transition {
  readonly to: number;
  readonly set: CodePointSet;
  /** Equal for equal sets. */
  readonly key: string;
}

class LanguageWriter {
  readonly #book: RuleBook;
  readonly #form: LanguageForm;
  readonly #accepts: readonly boolean[];
  readonly #steps: readonly (readonly Transition[])[];
  /** The states that several steps lead to. */
  readonly #shared = new Set<number>();
  readonly #rules = new Map<number, string>();
  readonly #due: number[] = [];
  /** The grammar of each set of characters, by its key. */
  readonly #chars = new Map<string, GrammarNode>();

  constructor(book: RuleBook, automaton: Automaton, form: LanguageForm) {
    this.#book = book;
    this.#form = form;
    this.#accepts = automaton.accepts;
    const sets = new TransitionSets(automaton.alphabet.classes);
    this.#steps = automaton.accepts.map((_, state) => stepsFrom(automaton, state, sets));
    const reached = new Set<number>([0]);
    for (const { to } of this.#steps.flat()) {
      if (reached.has(to)) this.#shared.add(to);
      reached.add(to);
    }
  }

  write(): GrammarNode {
    const root = this.#shared.has(0) ? this.#ruleOf(0) : this.#stateNode(0);
    for (let state = this.#due.pop(); state !== undefined; state = this.#due.pop()) {
      this.#book.define(this.#rules.get(state) ?? "", this.#stateNode(state));
    }
    return root;
  }

  #ruleOf(state: number): GrammarNode {
    let name = this.#rules.get(state);
    if (name === undefined) {
      name = this.#book.reserve("state");
      this.#rules.set(state, name);
      this.#due.push(state);
    }
    return ruleNode(name);
  }

  #stepsOf(state: number): readonly Transition[] {
    return this.#steps[state] ?? [];
  }

  /** The rest of a text from a state on. */
  #stateNode(state: number): GrammarNode {
    const steps = this.#stepsOf(state);
    const { anything } = this.#form;
    if (anything !== undefined && this.#acceptsAnything(state)) return sequence(anything(this.#book), this.#form.end);
    const tail = this.#tailLength(state);
    if (tail > 0) return sequence(this.#upTo(this.#charOf(steps[0]), tail), this.#form.end);
    if (steps.length === 1 && this.#accepts[state] !== true) return this.#run(state);
    const options = steps.map((step) => sequence(this.#charOf(step), this.#rest(step.to)));
    if (this.#accepts[state] === true) options.push(this.#form.end);
    return choice(...options);
  }

  /** The rest of a text after a step: a rule of its own where it branches or where several steps meet. */
  #rest(state: number): GrammarNode {
    const steps = this.#stepsOf(state);
    if (steps.length === 0) return this.#form.end;
    if (this.#shared.has(state)) return this.#ruleOf(state);
    const isLinear = this.#accepts[state] === true ? this.#tailLength(state) > 0 : steps.length === 1;
    return isLinear ? this.#stateNode(state) : this.#ruleOf(state);
  }

  /** The characters that follow one another in each text from a state on, which accepts nothing before them. */
  #run(first: number): GrammarNode {
    const parts: GrammarNode[] = [];
    let state = first;
    for (let isEnd = false; !isEnd;) {
      const [step] = this.#stepsOf(state);
      let rounds = 0;
      do {
        state = this.#stepsOf(state)[0]?.to ?? 0;
        rounds += 1;
        isEnd = this.#shared.has(state) || this.#accepts[state] === true || this.#stepsOf(state).length !== 1;
      } while (!isEnd && this.#stepsOf(state)[0]?.key === step?.key);
      parts.push(this.#exactly(this.#charOf(step), rounds));
    }
    // Here the state is shared, accepts or branches, so its rest is a rule or the end.
    return sequence(...parts, this.#rest(state));
  }

  /** The number of further characters if the state and all states after it accept, and the same characters alone lead from one to the next. Otherwise 0. */
  #tailLength(first: number): number {
    const key = this.#stepsOf(first)[0]?.key;
    let length = 0;
    for (let state = first; ; length += 1) {
      if (this.#accepts[state] !== true || (length > 0 && this.#shared.has(state))) return 0;
      const [step, other] = this.#stepsOf(state);
      if (step === undefined) return length;
      if (other !== undefined || step.key !== key || step.to === state) return 0;
      state = step.to;
    }
  }

  #acceptsAnything(state: number): boolean {
    const [step, other] = this.#stepsOf(state);
    return this.#accepts[state] === true && step?.to === state && other === undefined && step.key === ANYTHING;
  }

  #charOf(step: Transition | undefined): GrammarNode {
    const { set, key } = step ?? { set: [], key: "" };
    let char = this.#chars.get(key);
    if (char === undefined) this.#chars.set(key, (char = this.#form.char(this.#book, set)));
    return char;
  }

  /** llama.cpp writes repetitions out, so a set of several ranges becomes a rule where it is repeated often. */
  #repeated(char: GrammarNode, count: number): GrammarNode {
    if (char.type !== "chars" || char.ranges.length === 1 || count < MANY_ROUNDS) return char;
    return ruleOfChars(this.#book, char.ranges);
  }

  #exactly(single: GrammarNode, count: number): GrammarNode {
    if (single.type === "text") return text(single.text.repeat(count));
    const char = this.#repeated(single, count);
    const parts: GrammarNode[] = [];
    for (let left = count; left > 0; left -= MAX_ROUNDS) {
      const rounds = Math.min(left, MAX_ROUNDS);
      parts.push(this.#book.repeat(char, rounds, rounds));
    }
    return sequence(...parts);
  }

  #upTo(single: GrammarNode, count: number): GrammarNode {
    const char = this.#repeated(single, count);
    const first = count % MAX_ROUNDS;
    let rest = first === 0 ? EMPTY : this.#book.repeat(char, 0, first);
    for (let left = count - first; left > 0; left -= MAX_ROUNDS) {
      const whole = sequence(this.#book.repeat(char, MAX_ROUNDS, MAX_ROUNDS), rest);
      rest = this.#book.add("chars", choice(whole, this.#book.repeat(char, 0, MAX_ROUNDS - 1)));
    }
    return rest;
  }
}

const ANYTHING = ALL_CODE_POINTS.join(" ");

/** The sets of characters that lead from one state to another. Many transitions share a set. */
class TransitionSets {
  readonly #classes: readonly CodePointSet[];
  readonly #known = new Map<string, Pick<Transition, "set" | "key">>();

  constructor(classes: readonly CodePointSet[]) {
    this.#classes = classes;
  }

  of(indexes: readonly number[]): Pick<Transition, "set" | "key"> {
    const name = indexes.join(" ");
    let known = this.#known.get(name);
    if (known === undefined) {
      const set = unionOf(indexes.flatMap((index) => this.#classes[index] ?? []));
      known = { set, key: set.join(" ") };
      this.#known.set(name, known);
    }
    return known;
  }
}

function stepsFrom({ alphabet, next }: Automaton, state: number, sets: TransitionSets): Transition[] {
  const width = alphabet.classes.length;
  const indexes = new Map<number, number[]>();
  for (let index = 0; index < width; index += 1) {
    const to = next[state * width + index] ?? DEAD;
    if (to === DEAD) continue;
    const known = indexes.get(to);
    if (known === undefined) indexes.set(to, [index]);
    else known.push(index);
  }
  return [...indexes].map(([to, ofTarget]) => ({ to, ...sets.of(ofTarget) }));
}
