import { isJsonObject, type JsonObject } from "../../core/json.js";
import { InputRefusal } from "../../core/generation-error.js";

/** The replacements of strings, members' names and numbers. */
export interface JsonTexts {
  readonly hideValue: (text: string) => string;
  readonly hideKey: (key: string) => string;
  /** Replaces a number that JavaScript would write in another way. By default it stays a number. */
  readonly hideNumber?: (literal: string) => string;
}

/** A deeper value would exhaust the stack of the template's interpreter. */
const MAX_DEPTH = 128;

/** Matches a JSON string, with the colon if it is a member's name, or a number. */
const LITERAL = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d[-+.\deE]*/g;

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
