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
  readonly #longest: number;
  readonly #prefixes: ReadonlySet<string>;
  readonly #suffixes: ReadonlySet<string>;

  constructor(tokens: readonly ControlToken[]) {
    const byLength = tokens.filter(({ text }) => text.length > 1).sort((a, b) => b.text.length - a.text.length);
    this.#tokens = new Map(byLength.map((token) => [token.text, token]));
    if (byLength.length > 0) {
      const anyOf = byLength.map(({ text }) => escapePattern(text)).join("|");
      this.#pattern = new RegExp(anyOf, "g");
      this.#beginnings = new RegExp(`(?=${anyOf})[^]`, "g");
    }
    this.#longest = byLength[0]?.text.length ?? 0;
    this.#prefixes = new Set(
      byLength.flatMap(({ text }) => lengthsWithin(text).map((length) => text.slice(0, length))),
    );
    this.#suffixes = new Set(byLength.flatMap(({ text }) => lengthsWithin(text).map((length) => text.slice(-length))));
  }

  /** Replaces each control text by its token. No two stretches of plain text are adjacent, and none is empty. */
  split(text: string): Fragment[] {
    if (this.#pattern === undefined) return text === "" ? [] : [text];
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
   * Inserts `mark` into every control text, and at either end of the text if its surroundings could complete one there. In any surroundings, `split` finds
   * no control token that contains a character of the result. Without its marks the result is the text.
   */
  breakUp(text: string, mark: string): string {
    if (this.#beginnings === undefined) return text;
    const broken = text.replaceAll(this.#beginnings, (first) => first + mark);
    const edge = Math.min(this.#longest, text.length);
    const before =
      lengthsUpTo(edge).some((length) => this.#suffixes.has(text.slice(0, length))) || this.#isInsideOne(text);
    const after = lengthsUpTo(edge).some((length) => this.#prefixes.has(text.slice(-length)));
    return (before ? mark : "") + broken + (after ? mark : "");
  }

  #isInsideOne(text: string): boolean {
    if (text === "" || text.length >= this.#longest) return false;
    return [...this.#tokens.keys()].some((control) => control.includes(text, 1));
  }
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
