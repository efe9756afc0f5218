/** The result of one push: the text that can no longer become part of a stop sequence, and the stop sequence that was met, if any. */
export interface Filtered {
  readonly text: string;
  readonly match: string | undefined;
}

/**
 * Holds back text while it could still become a stop sequence, and cuts at the first one met: the one that is complete first, and the longest of
 * those complete at the same position. The result depends on the text alone and not on how it was split. Each UTF-16 unit costs one step of a
 * Knuth-Morris-Pratt automaton for each stop sequence.
 */
export class StopFilter {
  readonly #automata: readonly StopAutomaton[];
  #held = "";
  #match: string | undefined;

  constructor(stopSequences: readonly string[]) {
    this.#automata = stopSequences.filter((stop) => stop !== "").map((stop) => new StopAutomaton(stop));
  }

  /** Takes text. After a match it gives no more. */
  push(text: string): Filtered {
    if (this.#automata.length === 0) return { text, match: undefined };
    if (this.#match !== undefined) return { text: "", match: this.#match };
    const whole = this.#held + text;
    for (let at = this.#held.length; at < whole.length; at++) {
      this.#match = this.#advance(whole.charCodeAt(at));
      if (this.#match === undefined) continue;
      this.#held = "";
      return { text: whole.slice(0, at + 1 - this.#match.length), match: this.#match };
    }
    const certain = whole.length - this.#heldLength();
    this.#held = whole.slice(certain);
    return { text: whole.slice(0, certain), match: undefined };
  }

  /** Ends the text. @returns the text that was held back */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  #advance(unit: number): string | undefined {
    let match: string | undefined;
    for (const automaton of this.#automata) {
      if (automaton.advance(unit) && automaton.stop.length > (match?.length ?? 0)) match = automaton.stop;
    }
    return match;
  }

  #heldLength(): number {
    let longest = 0;
    for (const automaton of this.#automata) longest = Math.max(longest, automaton.matched);
    return longest;
  }
}

/** Follows one stop sequence through the text. `matched` is the length of the longest end of the text with which the stop sequence begins. */
class StopAutomaton {
  readonly stop: string;
  /** For each length matched, the length that is still matched if the next unit differs. */
  readonly #fallbacks: Uint16Array;
  matched = 0;

  constructor(stop: string) {
    this.stop = stop;
    this.#fallbacks = new Uint16Array(stop.length + 1);
    let matched = 0;
    for (let at = 1; at < stop.length; at++) {
      matched = this.#extend(matched, stop.charCodeAt(at));
      this.#fallbacks[at + 1] = matched;
    }
  }

  /** @returns whether the text now ends with the stop sequence */
  advance(unit: number): boolean {
    this.matched = this.#extend(this.matched, unit);
    return this.matched === this.stop.length;
  }

  #extend(matched: number, unit: number): number {
    let length = matched;
    while (length > 0 && this.stop.charCodeAt(length) !== unit) length = this.#fallbacks[length] ?? 0;
    return this.stop.charCodeAt(length) === unit ? length + 1 : length;
  }
}
