import { randomBytes } from "node:crypto";
import { isJsonObject, type JsonObject } from "../../core/json.js";
import { InputRefusal } from "../../core/generation-error.js";
import type { Fragment } from "../tokens/control-texts.js";
import { cutAtHidden, hideChar, showHidden, wellFormed } from "../jinja/hidden-chars.js";
import { FloatNumber, type JinjaValue } from "../jinja/values.js";
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
  let value: unknown;
  try {
    JSON.parse(text);
    // A JavaScript object would sort names that look like numbers, and a number would lose its spelling. A letter in front keeps both.
    value = JSON.parse(
      text.replaceAll(LITERAL, (literal, colon: string | undefined) => {
        if (!literal.startsWith('"')) return `"n${literal}"`;
        return colon === undefined ? `"s${literal.slice(1)}` : `"k${literal.slice(1)}`;
      }),
    );
  } catch (error) {
    throw new InputRefusal(field, `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(value)) throw new InputRefusal(field, "is not a JSON object");
  return toDict(value, { field, hide, depth: 1 });
}

/** A deeper value would exhaust the stack of the template's interpreter. */
const MAX_DEPTH = 128;
/** Matches a JSON string, with the colon if it is a member's name, or a number. */
const LITERAL = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d[-+.\deE]*/g;

interface JsonPlace {
  readonly field: string;
  readonly hide: (text: string) => string;
  readonly depth: number;
}

function toDict(value: JsonObject, place: JsonPlace): Map<string, JinjaValue> {
  const inside = deeper(place);
  return new Map(
    Object.entries(value).map(([key, member]) => [place.hide(wellFormed(key.slice(1))), toJinja(member, inside)]),
  );
}

function deeper(place: JsonPlace): JsonPlace {
  if (place.depth > MAX_DEPTH) {
    throw new InputRefusal(place.field, `is nested more than ${MAX_DEPTH} levels deep`);
  }
  return { ...place, depth: place.depth + 1 };
}

function toJinja(value: unknown, place: JsonPlace): JinjaValue {
  if (typeof value === "string") return value.startsWith("n") ? toNumber(value.slice(1)) : place.hide(value.slice(1));
  if (Array.isArray(value)) {
    const inside = deeper(place);
    return (value as readonly unknown[]).map((element) => toJinja(element, inside));
  }
  if (isJsonObject(value)) return toDict(value, place);
  return typeof value === "boolean" ? value : null;
}

function toNumber(literal: string): JinjaValue {
  if (!/^(?:0|-?[1-9]\d*)$/.test(literal)) return new FloatNumber(Number(literal), literal);
  const value = Number(literal);
  return Number.isSafeInteger(value) ? value : BigInt(literal);
}
