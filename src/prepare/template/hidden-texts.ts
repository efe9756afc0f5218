import { randomBytes } from "node:crypto";
import { isJsonObject, type JsonObject } from "../../core/json.js";
import { InputRefusal } from "../../core/generation-error.js";
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

/** The replacements of strings, members' names and numbers. */
interface JsonTexts {
  readonly hideValue: (text: string) => string;
  readonly hideKey: (key: string) => string;
  /** Replaces a number that JavaScript would write in another way. By default it stays a number. */
  readonly hideNumber?: (literal: string) => string;
}

/**
 * Parses the JSON text of an object and keeps the order of its members.
 * @param field the field that an error names
 * @throws InputRefusal when the text is not an object or is nested too deep
 */
export function parseJsonObject(text: string, { field, texts }: { field: string; texts: JsonTexts }): JsonObject {
  let value: unknown;
  try {
    JSON.parse(text);
    // Names are replaced before they are parsed, since a JavaScript object would sort the ones that look like numbers.
    value = JSON.parse(
      text.replaceAll(LITERAL, (literal, colon: string | undefined) => {
        if (!literal.startsWith('"')) return replaceNumber(literal, texts);
        return colon === undefined ? literal : replaceName(literal, { colon, texts });
      }),
    );
  } catch (error) {
    throw new InputRefusal(field, `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(value)) throw new InputRefusal(field, "is not a JSON object");
  return mapTexts(value, { field, hide: texts.hideValue, depth: 1 }) as JsonObject;
}

/** A deeper value would exhaust the stack of the template's interpreter. */
const MAX_DEPTH = 128;
/** Matches a JSON string, with the colon if it is a member's name, or a number. */
const LITERAL = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d[-+.\deE]*/g;

function replaceNumber(literal: string, { hideNumber }: JsonTexts): string {
  if (hideNumber === undefined || JSON.stringify(Number(literal)) === literal) return literal;
  return JSON.stringify(hideNumber(literal));
}

function replaceName(literal: string, { colon, texts }: { colon: string; texts: JsonTexts }): string {
  const name = literal.slice(0, -colon.length);
  return JSON.stringify(texts.hideKey(JSON.parse(name) as string)) + colon;
}

function mapTexts(value: unknown, at: { field: string; hide: JsonTexts["hideValue"]; depth: number }): unknown {
  if (typeof value === "string") return at.hide(value);
  if (typeof value !== "object" || value === null) return value;
  if (at.depth > MAX_DEPTH) throw new InputRefusal(at.field, `is nested more than ${MAX_DEPTH} levels deep`);
  const inside = { ...at, depth: at.depth + 1 };
  if (Array.isArray(value)) return (value as readonly unknown[]).map((element) => mapTexts(element, inside));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapTexts(member, inside)]));
}
