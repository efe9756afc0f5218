/** A token that steers the model instead of standing for text, and the text that spells it. */
export interface ControlToken {
  readonly id: number;
  readonly text: string;
  /** The white space before it goes with it. */
  readonly stripsBefore: boolean;
  /** The white space after it goes with it. */
  readonly stripsAfter: boolean;
}

/** A stretch of plain text, or the id of one control token. */
export type Fragment = string | number;

/** What llama.cpp takes along with a token that strips: C's isspace. */
const WHITE_SPACE = " \t\n\v\f\r";

/**
 * Finds the texts of control tokens, as llama.cpp does when it is asked to parse them: the first one, and of two that begin at the same place
 * the longer. A token that a single character spells is left out: it could not be told from text. Stateless; used on the prepare worker.
 */
export class ControlTexts {
  readonly #tokens: ReadonlyMap<string, ControlToken>;
  /** Matches one control text; undefined: the vocabulary has no control tokens. */
  readonly #pattern: RegExp | undefined;
  /** Matches the first character of each control text, of those too that begin inside another. */
  readonly #beginnings: RegExp | undefined;
  readonly #longest: number;
  readonly #heads: ReadonlySet<string>;
  readonly #tails: ReadonlySet<string>;

  constructor(tokens: readonly ControlToken[]) {
    const byLength = tokens.filter(({ text }) => text.length > 1).sort((a, b) => b.text.length - a.text.length);
    this.#tokens = new Map(byLength.map((token) => [token.text, token]));
    if (byLength.length > 0) {
      const anyOf = byLength.map(({ text }) => escapePattern(text)).join("|");
      this.#pattern = new RegExp(anyOf, "g");
      this.#beginnings = new RegExp(`(?=${anyOf})[^]`, "g");
    }
    this.#longest = byLength[0]?.text.length ?? 0;
    this.#heads = new Set(byLength.flatMap(({ text }) => lengthsWithin(text).map((length) => text.slice(0, length))));
    this.#tails = new Set(byLength.flatMap(({ text }) => lengthsWithin(text).map((length) => text.slice(-length))));
  }

  /** The text with each control text replaced by its token. Two stretches of plain text never follow each other, and none is empty. */
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
   * The text with `mark` put into every control text, and at either end where text around it could complete one: whatever it is put into, `split`
   * finds no control token that takes even one character from it. Taking the marks out gives the text back.
   */
  breakUp(text: string, mark: string): string {
    if (this.#beginnings === undefined) return text;
    const broken = text.replaceAll(this.#beginnings, (first) => first + mark);
    const edge = Math.min(this.#longest, text.length);
    const before =
      lengthsUpTo(edge).some((length) => this.#tails.has(text.slice(0, length))) || this.#isInsideOne(text);
    const after = lengthsUpTo(edge).some((length) => this.#heads.has(text.slice(-length)));
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

/** The lengths of all proper heads and tails of a text. */
function lengthsWithin(text: string): number[] {
  return lengthsUpTo(text.length - 1);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
