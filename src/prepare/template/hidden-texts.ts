import { randomBytes } from "node:crypto";
import type { Fragment } from "../tokens/control-texts.js";
import type { Vocabulary } from "../tokens/vocabulary.js";

/**
 * Keeps the caller's texts apart from control tokens while a template processes them. An unguessable mark breaks up every control text in them, and the
 * marks are removed once the control tokens of the result are found. An instance serves one rendering.
 */
export class HiddenTexts {
  readonly #vocabulary: Pick<Vocabulary, "controlTexts" | "readsControlTexts">;
  readonly #mark = createMark();
  /** The mark as ASCII JSON, which a template may write. */
  readonly #escapedMark = escapeMark(this.#mark);

  readonly #numberMark = createMark();
  /** Matches a hidden number in the result, with the quotes that the template put around it. */
  readonly #number = new RegExp(
    [this.#numberMark, escapeMark(this.#numberMark).replaceAll("\\", "\\\\")]
      .map((mark) => `"?${mark}([-+.\\deE]+)${mark}"?`)
      .join("|"),
    "g",
  );

  constructor(vocabulary: Pick<Vocabulary, "controlTexts" | "readsControlTexts">) {
    this.#vocabulary = vocabulary;
  }

  /** Makes a text safe to pass to a template. */
  readonly hide = (text: string): string => this.#vocabulary.controlTexts.breakUp(text, this.#mark);

  /**
   * Makes a JSON string safe. A plain word that is no control text stays unchanged, since templates look for words such as `type` and `object`. Unlike
   * `hide`, this does not guard against a template that would put the word into the middle of a control text.
   */
  readonly hideValue = (text: string): string => (this.#isWord(text) ? text : this.hide(text));

  /** Makes a member's name safe. A name that a JavaScript object would reorder or swallow gets a mark that keeps it in place. */
  readonly hideKey = (key: string): string =>
    /^\d+$|^__proto__$/.test(key) ? this.#mark + this.hide(key) : this.hideValue(key);

  /** Replaces a number that JavaScript cannot represent exactly by a text that `reveal` turns back. */
  readonly hideNumber = (literal: string): string => this.#numberMark + literal + this.#numberMark;

  #isWord(text: string): boolean {
    return /^[\w-]*$/.test(text) && this.#vocabulary.controlTexts.split(text).every((part) => typeof part === "string");
  }

  /** Splits a rendered text into control tokens and plain texts. */
  read(rendered: string): Fragment[] {
    const { controlTexts, readsControlTexts } = this.#vocabulary;
    return controlTexts.split(rendered).flatMap((fragment): Fragment[] => {
      if (typeof fragment === "number") return [fragment];
      const texts = readsControlTexts ? fragment.split(this.#mark) : [fragment];
      return texts.map((text) => this.reveal(text)).filter((text) => text !== "");
    });
  }

  /** Removes the marks from a text. */
  reveal(text: string): string {
    const numbers = text.replaceAll(this.#number, (_, plain?: string, escaped?: string) => plain ?? escaped ?? "");
    return numbers.replaceAll(this.#mark, "").replaceAll(this.#escapedMark, "");
  }
}

/** Creates an unguessable printable text without letters, since a template may change their case. */
export function createMark(): string {
  return `\u{E000}${randomBytes(8).readBigUInt64LE()}\u{E001}`;
}

function escapeMark(mark: string): string {
  return mark.replaceAll(/[\u{E000}\u{E001}]/gu, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}
