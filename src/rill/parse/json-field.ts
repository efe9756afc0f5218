import { isJsonObject, type JsonObject, tryParseJson } from "../../core/json.js";
import { MAX_JSON_VALUES, type Violations } from "../../core/generation-error.js";

/** Parses the JSON text of an object. Any other text is a violation and returns undefined. */
export function parseJsonObject(field: string, text: string, violations: Violations): JsonObject | undefined {
  const value = parseJsonText(field, text, violations);
  if (value === undefined || isJsonObject(value)) return value;
  violations.add(field, "is JSON, but not an object");
  return undefined;
}

/**
 * Parses JSON text. Any other text is a violation and returns undefined. A text with too many values is not parsed, because every value costs the
 * main thread time, however few bytes it has.
 */
export function parseJsonText(field: string, text: string, violations: Violations): unknown {
  if (!violations.countJsonValues(valuesIn(text, MAX_JSON_VALUES + 1))) {
    violations.add(field, `brings the request to more than ${MAX_JSON_VALUES} JSON values, which is the limit`);
    return undefined;
  }
  const value = tryParseJson(text);
  if (value === undefined) violations.add(field, "is not JSON");
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Commas, brackets and braces, each of which begins or follows a value if it is outside a string. */
const VALUE_MARKS: readonly number[] = [0x2c, 0x5b, 0x7b];

/** Estimates the number of values in a JSON text. It stops at `most`. */
function valuesIn(text: string, most: number): number {
  let values = 1;
  let isString = false;
  for (let at = 0; at < text.length && values < most; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isString = !isString;
    else if (isString) at += code === BACKSLASH ? 1 : 0;
    else if (VALUE_MARKS.includes(code)) values++;
  }
  return values;
}
