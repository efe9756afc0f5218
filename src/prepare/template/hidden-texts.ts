import { randomBytes } from "node:crypto";
import { buildFromJson, JsonDepthError, JsonSyntaxError } from "../../core/ordered-json.js";
import { InputRefusal } from "../../core/generation-error.js";
import type { Fragment } from "../tokens/control-texts.js";
import { cutAtHidden, hideChar, showHidden, wellFormed } from "../jinja/hidden-chars.js";
import { FloatNumber, isDict, type JinjaValue, MAX_INTEGER_DIGITS } from "../jinja/values.js";
import type { Vocabulary } from "../tokens/vocabulary.js";

/**
 * Keeps the caller's texts apart from control tokens while a template processes them. A stand-in of the same length takes the place of one character of each
 * control text in them. The template's filters and methods read it as that character, and it is turned back once the control tokens of the result are found.
 */
export class HiddenTexts {
  readonly #vocabulary: Pick<Vocabulary, "controlTexts" | "readsControlTexts">;

  constructor(vocabulary: Pick<Vocabulary, "controlTexts" | "readsControlTexts">) {
    this.#vocabulary = vocabulary;
  }

  /** Makes a text safe to pass to a template. */
  readonly hide = (text: string): string => this.#vocabulary.controlTexts.breakUp(wellFormed(text), hideChar);

  /**
   * Makes a string or a member's name of JSON safe. A plain word that is no control text stays unchanged, since templates look for members such as `type`.
   * Unlike `hide`, this does not guard against a template that would put the word into the middle of a control text.
   */
  readonly hideValue = (text: string): string => (this.#isWord(text) ? text : this.hide(text));

  #isWord(text: string): boolean {
    return /^[\w-]*$/.test(text) && this.#vocabulary.controlTexts.split(text).every((part) => typeof part === "string");
  }

  /** Splits a rendered text into control tokens and plain texts. */
  read(rendered: string): Fragment[] {
    const { controlTexts, readsControlTexts } = this.#vocabulary;
    return controlTexts.split(rendered).flatMap((fragment): Fragment[] => {
      if (typeof fragment === "number") return [fragment];
      const texts = readsControlTexts ? cutAtHidden(fragment) : [fragment];
      return texts.map((text) => showHidden(text)).filter((text) => text !== "");
    });
  }
}

/** Creates an unguessable printable text without letters, since a template may change their case. */
export function createMark(): string {
  return `\u{E000}${randomBytes(8).readBigUInt64LE()}\u{E001}`;
}

/**
 * Parses the JSON text of an object for a template. Members keep their order and numbers their spelling.
 * @param field the field that an error names
 * @param hide makes a string or a member's name safe
 * @throws InputRefusal when the text is not an object or is nested too deep
 */
export function parseJsonObject(
  text: string,
  { field, hide }: { field: string; hide: (text: string) => string },
): ReadonlyMap<string, JinjaValue> {
  const value = parseForTemplate(text, { field, hide });
  if (!isDict(value)) throw new InputRefusal(field, "is not a JSON object");
  // Only the reader of an object makes a dictionary, and its keys are strings.
  return value as ReadonlyMap<string, JinjaValue>;
}

/** The most arrays and objects around a value, itself included. A deeper value would exhaust the stack of the template's interpreter. */
const MAX_DEPTH = 128;

function parseForTemplate(
  text: string,
  { field, hide }: { field: string; hide: (text: string) => string },
): JinjaValue {
  try {
    return buildFromJson<JinjaValue>(text, {
      depth: MAX_DEPTH,
      builder: {
        object: (members) => new Map(members.map(([name, member]) => [hide(wellFormed(name)), member])),
        array: (elements) => elements,
        string: hide,
        number: toNumber,
        word: (value) => value,
      },
    });
  } catch (error) {
    if (error instanceof JsonDepthError) {
      throw new InputRefusal(field, `is nested more than ${MAX_DEPTH} levels deep`);
    }
    if (error instanceof JsonSyntaxError) throw new InputRefusal(field, `is not JSON: ${error.message}`);
    throw error;
  }
}

/** A number of more digits than templates calculate with keeps its spelling and has the value of a float. */
function toNumber(literal: string): JinjaValue {
  if (literal.length > MAX_INTEGER_DIGITS || !/^(?:0|-?[1-9]\d*)$/.test(literal)) {
    return new FloatNumber(Number(literal), literal);
  }
  const value = Number(literal);
  return Number.isSafeInteger(value) ? value : BigInt(literal);
}
