import { isJsonObject } from "../../core/json.js";
import { InputRefusal } from "../../core/violations.js";

/** A value of JSON, as templates take it. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** How texts and members' names come out. */
export interface JsonTexts {
  readonly hideValue: (text: string) => string;
  readonly hideKey: (key: string) => string;
  /** A number that JavaScript would write in another way. Default: it is a number all the same. */
  readonly hideNumber?: (literal: string) => string;
}

/** Deeper values would exhaust the stack of a template's interpreter. */
const MAX_DEPTH = 128;

/** A string of JSON, with the colon that makes it a member's name; or a number. */
const LITERAL = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d[-+.\deE]*/g;

/**
 * Reads JSON text of an object; members keep their order.
 * @param field what a refusal names
 * @throws InputRefusal for anything else, or nesting beyond 128
 */
export function parseJsonObject(text: string, { field, texts }: { field: string; texts: JsonTexts }): JsonObject {
  let value: unknown;
  try {
    JSON.parse(text);
    // Names are changed before they become an object's: it would sort those that look like numbers.
    value = JSON.parse(
      text.replaceAll(LITERAL, (literal, colon: string | undefined) => {
        if (!literal.startsWith('"')) return changeNumber(literal, texts);
        return colon === undefined ? literal : changeName(literal, { colon, texts });
      }),
    );
  } catch (error) {
    throw new InputRefusal(field, `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(value)) throw new InputRefusal(field, "is not a JSON object");
  return mapTexts(value, { field, hide: texts.hideValue, depth: 1 }) as JsonObject;
}

function changeNumber(literal: string, { hideNumber }: JsonTexts): string {
  if (hideNumber === undefined || JSON.stringify(Number(literal)) === literal) return literal;
  return JSON.stringify(hideNumber(literal));
}

function changeName(literal: string, { colon, texts }: { colon: string; texts: JsonTexts }): string {
  const name = literal.slice(0, -colon.length);
  return JSON.stringify(texts.hideKey(JSON.parse(name) as string)) + colon;
}

function mapTexts(value: unknown, at: { field: string; hide: JsonTexts["hideValue"]; depth: number }): JsonValue {
  if (typeof value === "string") return at.hide(value);
  if (typeof value !== "object" || value === null) return value as JsonValue;
  if (at.depth > MAX_DEPTH) throw new InputRefusal(at.field, `is nested deeper than ${MAX_DEPTH}`);
  const inside = { ...at, depth: at.depth + 1 };
  if (Array.isArray(value)) return value.map((element) => mapTexts(element, inside));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapTexts(member, inside)]));
}
