import { randomBytes } from "node:crypto";
import type { Fragment } from "../tokens/control-texts.js";
import type { Vocabulary } from "../tokens/vocabulary.js";

/**
 * Keeps what callers wrote apart from control tokens while a template works on it: every control text in it is broken up by a mark that nobody can know,
 * and the marks are taken out of the result once its control tokens are found. Used for one rendering.
 */
export class HiddenTexts {
  readonly #vocabulary: Pick<Vocabulary, "controlTexts" | "readsControlTexts">;
  readonly #mark = createMark();
  /** The mark as JSON in ASCII spells it: a template may write its values so. */
  readonly #escapedMark = escapeMark(this.#mark);

  readonly #numberMark = createMark();
  /** Such a number where a template put it, with the quotes that it put around. */
  readonly #number = new RegExp(
    [this.#numberMark, escapeMark(this.#numberMark).replaceAll("\\", "\\\\")]
      .map((mark) => `"?${mark}([-+.\\deE]+)${mark}"?`)
      .join("|"),
    "g",
  );

  constructor(vocabulary: Pick<Vocabulary, "controlTexts" | "readsControlTexts">) {
    this.#vocabulary = vocabulary;
  }

  /** The text, safe to be put into a template. */
  readonly hide = (text: string): string => this.#vocabulary.controlTexts.breakUp(text, this.#mark);

  /**
   * A string of JSON, safe too. One that is a plain word and no control text is left as it is: templates look for words such as `type` and `object`, and
   * `hide` guards also against a template that would put such a word into the middle of a control text.
   */
  readonly hideValue = (text: string): string => (this.#isWord(text) ? text : this.hide(text));

  /** A member's name, safe too; one that an object of JavaScript would sort or swallow is kept where it stands. */
  readonly hideKey = (key: string): string =>
    /^\d+$|^__proto__$/.test(key) ? this.#mark + this.hide(key) : this.hideValue(key);

  /** A number that its digits would be lost of, as a text that stands for it. */
  readonly hideNumber = (literal: string): string => this.#numberMark + literal + this.#numberMark;

  #isWord(text: string): boolean {
    return /^[\w-]*$/.test(text) && this.#vocabulary.controlTexts.split(text).every((part) => typeof part === "string");
  }

  /** The control tokens and the plain texts of what a template made. */
  read(rendered: string): Fragment[] {
    const { controlTexts, readsControlTexts } = this.#vocabulary;
    return controlTexts.split(rendered).flatMap((fragment): Fragment[] => {
      if (typeof fragment === "number") return [fragment];
      const parts = readsControlTexts ? fragment.split(this.#mark) : [fragment];
      return parts.map((part) => this.reveal(part)).filter((part) => part !== "");
    });
  }

  /** The text as its author wrote it. */
  reveal(text: string): string {
    const numbers = text.replaceAll(this.#number, (_, plain?: string, escaped?: string) => plain ?? escaped ?? "");
    return numbers.replaceAll(this.#mark, "").replaceAll(this.#escapedMark, "");
  }
}

/** Printable, without letters that a template could change the case of, and beyond guessing. */
export function createMark(): string {
  return `\u{E000}${randomBytes(8).readBigUInt64LE()}\u{E001}`;
}

function escapeMark(mark: string): string {
  return mark.replaceAll(/[\u{E000}\u{E001}]/gu, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}
