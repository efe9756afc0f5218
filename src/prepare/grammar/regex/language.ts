import { ALL_CODE_POINTS, type CodePointSet } from "./code-point-set.js";
import { alphabetOf } from "./alphabet.js";
import { type Automaton, AutomatonBuilder, DEAD, productOf } from "./automaton.js";
import { automatonOf } from "./compile-pattern.js";
import { minimize } from "./minimize.js";
import { PatternWork } from "./pattern-work.js";

/** The most states of a language that a length is counted in. */
const COUNTED_STATES = 4_096;
/** The most characters of a list of texts, where each counts once for all texts that begin alike. */
const MAX_TEXT_STATES = 65_536;

/**
 * A set of texts that can be told character by character, such as those that a pattern matches. Characters are code points. An operation that needs too many
 * states throws a GrammarProblem.
 */
export class Language {
  /** The least automaton of the language. */
  readonly automaton: Automaton;

  readonly #work: PatternWork;

  private constructor(automaton: Automaton, work: PatternWork) {
    this.automaton = automaton;
    this.#work = work;
  }

  /** Every text. */
  static everything(work = new PatternWork()): Language {
    return new Language(countingAutomaton({ min: 0, max: Infinity }), work);
  }

  /**
   * The texts that a pattern of ECMA-262 matches.
   * @param options.isWhole whether the match must be the whole text; by default a text matches that contains a match, as in JSON Schema
   * @param options.among the texts that count, by default all; a small language keeps a pattern small that would grow too large by itself
   * @param options.work counts the steps of all patterns of a request; the operations on the language count there too
   * @throws GrammarProblem with the construct that is not supported, and its position
   */
  static ofPattern(
    pattern: string,
    {
      isWhole = false,
      among,
      work = new PatternWork(),
    }: { isWhole?: boolean; among?: Language; work?: PatternWork } = {},
  ): Language {
    return new Language(automatonOf(pattern, { isWhole, among: among?.automaton, work }), work);
  }

  /** The given texts alone. */
  static ofTexts(texts: Iterable<string>, work = new PatternWork()): Language {
    const tree = new TextTree();
    for (const text of texts) tree.add(text);
    return new Language(minimize(tree.automaton(work)), work);
  }

  /** The texts that contain a mark. */
  static containing(mark: string, work = new PatternWork()): Language {
    return Language.ofPattern(mark.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), { work });
  }

  /** A copy whose operations count their steps elsewhere. */
  countedBy(work: PatternWork): Language {
    return new Language(this.automaton, work);
  }

  get isEmpty(): boolean {
    return !this.automaton.accepts.includes(true);
  }

  intersect(other: Language): Language {
    return this.#with(other, (one, its) => one && its);
  }

  subtract(other: Language): Language {
    return this.#with(other, (one, its) => one && !its);
  }

  /** The texts of either language. */
  unite(other: Language): Language {
    return this.#with(other, (one, its) => one || its);
  }

  /** The language without those texts. */
  except(texts: Iterable<string>): Language {
    return this.subtract(Language.ofTexts(texts));
  }

  /** Whether a text is in both languages. */
  overlaps(other: Language): boolean {
    return !this.intersect(other).isEmpty;
  }

  /** Whether every text of this language is in the other. */
  isWithin(other: Language): boolean {
    return this.subtract(other).isEmpty;
  }

  /**
   * The texts of `min` to `max` characters. If counting up to `max` takes too many states, the longest texts are left out, but never the shortest text that
   * is long enough.
   */
  withLength({ min, max }: { min: number; max: number }): Language {
    const ofLength = (length: { min: number; max: number }): Language =>
      new Language(countingAutomaton(length), this.#work);
    const longEnough = min === 0 ? this : this.intersect(ofLength({ min, max: Infinity }));
    const shortest = shortestLength(longEnough.automaton);
    if (shortest === undefined || longEnough.longest <= max) return longEnough;
    const most = shortest + Math.floor(COUNTED_STATES / longEnough.automaton.accepts.length);
    return longEnough.intersect(ofLength({ min: 0, max: Math.min(max, most) }));
  }

  /** The texts of these characters alone. */
  within(characters: CodePointSet): Language {
    const { alphabet, classesOf } = alphabetOf([characters]);
    const allowed = new Set(classesOf[0]);
    const next = Int32Array.from(alphabet.classes, (_, index) => (allowed.has(index) ? 0 : DEAD));
    return this.intersect(new Language({ alphabet, next, accepts: [true] }, this.#work));
  }

  /** The number of characters of the longest text, or Infinity. */
  get longest(): number {
    return longestLength(this.automaton);
  }

  has(text: string): boolean {
    const { alphabet, next, accepts } = this.automaton;
    let state = 0;
    for (const char of text) {
      const point = char.codePointAt(0) ?? 0;
      const index = alphabet.classes.findIndex((ranges) => ranges.some(([low, high]) => low <= point && point <= high));
      state = index === -1 ? DEAD : (next[state * alphabet.classes.length + index] ?? DEAD);
      if (state === DEAD) return false;
    }
    return accepts[state] ?? false;
  }

  #with(other: Language, accepts: (one: boolean, its: boolean) => boolean): Language {
    return new Language(minimize(productOf([this.automaton, other.automaton], accepts, this.#work)), this.#work);
  }
}

/** Accepts the texts of `min` to `max` characters. */
function countingAutomaton({ min, max }: { min: number; max: number }): Automaton {
  const last = max === Infinity ? min : max;
  const accepts = Array.from({ length: last + 1 }, (_, length) => length >= min);
  const next = Int32Array.from(accepts, (_, length) => (length < last ? length + 1 : max === Infinity ? last : DEAD));
  return { alphabet: { classes: [ALL_CODE_POINTS] }, next, accepts };
}

/** The number of characters of the shortest text. undefined means that there is none. */
function shortestLength({ alphabet, next, accepts }: Automaton): number | undefined {
  const width = alphabet.classes.length;
  const met = new Set([0]);
  for (let length = 0, states = [0]; states.length > 0; length += 1) {
    if (states.some((state) => accepts[state])) return length;
    const after = new Set(states.flatMap((state) => [...next.subarray(state * width, (state + 1) * width)]));
    states = [...after].filter((state) => state !== DEAD && !met.has(state));
    for (const state of states) met.add(state);
  }
  return undefined;
}

/** The number of characters of the longest text, or Infinity. */
function longestLength({ alphabet, next, accepts }: Automaton): number {
  const width = alphabet.classes.length;
  const before = new Int32Array(accepts.length);
  for (const to of next) if (to !== DEAD) before[to] = (before[to] ?? 0) + 1;
  // States are taken once all that lead to them are. On a cycle none is ever.
  const due = before[0] === 0 ? [0] : [];
  const lengths = new Int32Array(accepts.length);
  let taken = 0;
  let longest = 0;
  for (let state = due.pop(); state !== undefined; state = due.pop()) {
    taken += 1;
    const length = lengths[state] ?? 0;
    longest = Math.max(longest, length);
    for (const to of next.subarray(state * width, (state + 1) * width)) {
      if (to === DEAD) continue;
      lengths[to] = Math.max(lengths[to] ?? 0, length + 1);
      before[to] = (before[to] ?? 0) - 1;
      if (before[to] === 0) due.push(to);
    }
  }
  return taken < accepts.length ? Infinity : longest;
}

interface TreeNode {
  readonly number: number;
  readonly next: Map<number, TreeNode>;
  isText: boolean;
}

/** A tree of texts by their characters. */
class TextTree {
  readonly #root: TreeNode = { number: 0, next: new Map(), isText: false };
  readonly #chars = new Set<number>();
  #nodes = 1;

  add(text: string): void {
    let node = this.#root;
    for (const char of text) {
      const point = char.codePointAt(0) ?? 0;
      this.#chars.add(point);
      let next = node.next.get(point);
      if (next === undefined) {
        next = { number: this.#nodes, next: new Map(), isText: false };
        this.#nodes += 1;
        node.next.set(point, next);
      }
      node = next;
    }
    node.isText = true;
  }

  automaton(work: PatternWork): Automaton {
    const chars = [...this.#chars];
    const { alphabet, classesOf } = alphabetOf(chars.map((point) => [[point, point]]));
    const classOf = new Map(chars.map((point, index) => [point, classesOf[index]?.[0]]));
    const builder = new AutomatonBuilder<TreeNode>({
      alphabet,
      maxStates: MAX_TEXT_STATES,
      work,
      keyOf: ({ number }) => number,
    });
    return builder.build(
      this.#root,
      ({ next }) => {
        const row: (TreeNode | undefined)[] = alphabet.classes.map(() => undefined);
        for (const [point, node] of next) {
          const index = classOf.get(point);
          if (index !== undefined) row[index] = node;
        }
        return row;
      },
      ({ isText }) => isText,
    );
  }
}
