import { isJsonObject, type JsonObject, tryParseJson } from "../../core/json.js";
import { MAX_JSON_VALUES, type Violations } from "../../core/violations.js";

/** Parses a text that must be a JSON object. undefined: it is not, which is a violation. */
export function parseJsonObject(field: string, text: string, violations: Violations): JsonObject | undefined {
  const value = parseJsonText(field, text, violations);
  if (value === undefined || isJsonObject(value)) return value;
  violations.add(field, "is JSON, but not an object");
  return undefined;
}

/**
 * Parses a text that must be JSON. undefined: it is not, which is a violation. A text with too many values is not parsed, since each of them costs
 * the main thread some time, however few bytes it takes.
 */
export function parseJsonText(field: string, text: string, violations: Violations): unknown {
  if (!violations.countJsonValues(valuesIn(text, MAX_JSON_VALUES + 1))) {
    violations.add(field, `brings the request to more than ${MAX_JSON_VALUES} JSON values; that is the most`);
    return undefined;
  }
  const value = tryParseJson(text);
  if (value === undefined) violations.add(field, "is not JSON");
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Each of these outside a string begins or follows a value: comma, bracket, brace. */
const VALUE_MARKS: readonly number[] = [0x2c, 0x5b, 0x7b];

/** How many values a JSON text has, about. Stops at `most`. */
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
