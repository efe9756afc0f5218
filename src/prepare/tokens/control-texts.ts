/** A token that steers the model instead of standing for text, and the text that spells it. */
export interface ControlToken {
  readonly id: number;
  readonly text: string;
  /** Whether the token swallows the white space before it. */
  readonly stripsBefore: boolean;
  /** Whether the token swallows the white space after it. */
  readonly stripsAfter: boolean;
}

/** A stretch of plain text or the id of one control token. */
export type Fragment = string | number;

/** The characters that a stripping token swallows in llama.cpp, which are those of C's isspace. */
const WHITE_SPACE = " \t\n\v\f\r";

/**
 * Finds the texts of control tokens as llama.cpp does when it parses special tokens: the first text wins, and at one position the longer one. It ignores
 * a control token of a single character, which nothing tells from text. It is stateless and lives on the prepare worker.
 */
export class ControlTexts {
  readonly #tokens: ReadonlyMap<string, ControlToken>;
  /** Matches one control text. undefined means that the vocabulary has no control tokens. */
  readonly #pattern: RegExp | undefined;
  /** Matches the first character of each control text, including one that begins inside another. */
  readonly #beginnings: RegExp | undefined;
  /** Matches a first character of a control text, which few texts contain. */
  readonly #firsts: RegExp | undefined;
  readonly #longest: number;
  /** All control texts in one. */
  readonly #joined: string;
  readonly #prefixes: ReadonlySet<string>;
  readonly #suffixes: ReadonlySet<string>;

  constructor(tokens: readonly ControlToken[]) {
    const byLength = tokens.filter(({ text }) => text.length > 1).sort((a, b) => b.text.length - a.text.length);
    this.#tokens = new Map(byLength.map((token) => [token.text, token]));
    if (byLength.length > 0) {
      const anyOf = byLength.map(({ text }) => escapePattern(text)).join("|");
      this.#pattern = new RegExp(anyOf, "g");
      this.#beginnings = new RegExp(`(?=${anyOf})[^]`, "g");
      const firsts = new Set(byLength.map(({ text }) => text.charAt(0)));
      this.#firsts = new RegExp([...firsts].map(escapePattern).join("|"));
    }
    this.#joined = byLength.map(({ text }) => text).join("\n");
    this.#longest = byLength[0]?.text.length ?? 0;
    this.#prefixes = new Set(
      byLength.flatMap(({ text }) => lengthsWithin(text).map((length) => text.slice(0, length))),
    );
    this.#suffixes = new Set(byLength.flatMap(({ text }) => lengthsWithin(text).map((length) => text.slice(-length))));
  }

  /** Replaces each control text by its token. No two stretches of plain text are adjacent, and none is empty. */
  split(text: string): Fragment[] {
    if (this.#pattern === undefined || this.#firsts?.test(text) !== true) return text === "" ? [] : [text];
    const fragments: Fragment[] = [];
    let start = 0;
    const pushText = (end: number): void => {
      if (end > start) fragments.push(text.slice(start, end));
    };
    for (const match of text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match[0]);
      if (token === undefined) continue;
      pushText(token.stripsBefore ? skipBack(text, match.index) : match.index);
      fragments.push(token.id);
      start = match.index + match[0].length;
      if (token.stripsAfter) start = skipForward(text, start);
    }
    pushText(text.length);
    return fragments;
  }

  /**
   * Replaces one character of every control text, and one at either end of the text if its surroundings could complete one there. In any surroundings,
   * `split` finds no control token that contains a character of the result.
   * @param hide turns a UTF-16 unit into one that is in no control text
   */
  breakUp(text: string, hide: (unit: string) => string): string {
    const places = this.#breakingPlaces(text);
    if (places.size === 0) return text;
    let broken = "";
    let from = 0;
    for (const place of [...places].sort((a, b) => a - b)) {
      const char = String.fromCodePoint(text.codePointAt(place) ?? 0);
      broken += text.slice(from, place) + char.split("").map(hide).join("");
      from = place + char.length;
    }
    return broken + text.slice(from);
  }

  /** The places of the characters without which no control text is left. */
  #breakingPlaces(text: string): Set<number> {
    const places = new Set<number>();
    if (this.#beginnings === undefined || text === "") return places;
    if (this.#firsts?.test(text) === true) {
      for (const { index } of text.matchAll(this.#beginnings)) places.add(index);
    }
    for (let length = 1; length <= Math.min(this.#longest, text.length); length++) {
      if (this.#suffixes.has(text.slice(0, length))) places.add(charBefore(text, length));
      if (this.#prefixes.has(text.slice(-length))) places.add(text.length - length);
    }
    if (this.#isInsideOne(text)) places.add(0);
    return places;
  }

  #isInsideOne(text: string): boolean {
    if (text.length >= this.#longest || !this.#joined.includes(text)) return false;
    return [...this.#tokens.keys()].some((control) => control.includes(text, 1));
  }
}

/** The place of the character that ends before a place. */
function charBefore(text: string, place: number): number {
  return (text.codePointAt(place - 2) ?? 0) > 0xffff ? place - 2 : place - 1;
}

function skipBack(text: string, from: number): number {
  let index = from;
  while (index > 0 && WHITE_SPACE.includes(text.charAt(index - 1))) index--;
  return index;
}

function skipForward(text: string, from: number): number {
  let index = from;
  while (index < text.length && WHITE_SPACE.includes(text.charAt(index))) index++;
  return index;
}

function lengthsUpTo(longest: number): number[] {
  return Array.from({ length: longest }, (_, index) => index + 1);
}

/** The lengths of all proper prefixes and suffixes of a text. */
function lengthsWithin(text: string): number[] {
  return lengthsUpTo(text.length - 1);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
