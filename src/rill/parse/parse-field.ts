import type { Duration } from "../../../generated/google/protobuf/duration.js";
import { MAX_JSON_VALUES, type Violations } from "../../core/generation-error.js";
import { isJsonObject, type JsonObject, tryParseJson } from "../../core/json.js";
import type { Limits } from "../../core/limits.js";
import { wellFormedText } from "../../core/well-formed-text.js";

const MAX_KEY_TEXT_BYTES = 64;

/** The labels of nearly every call. */
const NO_LABELS: ReadonlyMap<string, string> = new Map();

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Commas, brackets and braces, each of which begins or follows a value if it is outside a string. */
const VALUE_MARKS: readonly number[] = [0x2c, 0x5b, 0x7b];

/** A number field with the bounds of the contract. */
export interface NumberField {
  readonly field: string;
  readonly value: number | undefined;
  /** The value if the caller gives none. */
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  /** Whether the minimum itself is out of bounds. */
  readonly aboveMin?: boolean;
  /** The unit after the numbers in a violation, such as " ms". */
  readonly unit?: string;
}

type OptionalNumberField = Omit<NumberField, "fallback">;
type OptionalDurationField = Omit<OptionalNumberField, "value" | "unit"> & { readonly value: Duration | undefined };

/** Returns the caller's value, or undefined if there is none. A value out of bounds is a violation, and so are NaN and the infinities. */
export function parseOptionalNumber(number: OptionalNumberField, violations: Violations): number | undefined {
  const { field, value, min, max, aboveMin = false, unit = "" } = number;
  if (value === undefined) return undefined;
  if (value <= max && (aboveMin ? value > min : value >= min)) return value;
  const lower = aboveMin ? `above ${min}` : `at least ${min}`;
  violations.add(field, `is ${value}${unit}; it must be ${lower} and at most ${max}${unit}`);
  return undefined;
}

/** Returns the value in force. */
export function parseNumber({ fallback, ...number }: NumberField, violations: Violations): number {
  return parseOptionalNumber(number, violations) ?? fallback;
}

/** Parses a duration to milliseconds, with bounds in milliseconds. */
export function parseOptionalDurationMs(duration: OptionalDurationField, violations: Violations): number | undefined {
  const { value, field } = duration;
  if (value !== undefined && (value.nanos < 0 || value.nanos > 999_999_999)) {
    violations.add(field, `has ${value.nanos} nanos; they must be 0 to 999999999`);
    return undefined;
  }
  const ms = value === undefined ? undefined : value.seconds * 1_000 + value.nanos / 1e6;
  return parseOptionalNumber({ ...duration, value: ms, unit: " ms" }, violations);
}

/** Returns the duration in force, in milliseconds. */
export function parseDurationMs(
  { fallback, ...duration }: OptionalDurationField & Pick<NumberField, "fallback">,
  violations: Violations,
): number {
  return parseOptionalDurationMs(duration, violations) ?? fallback;
}

/** Checks token ids against the vocabulary. Only the first invalid one is reported, because a message can have a million. */
export function parseTokenIds(
  { field, ids, vocabularySize }: { field: string; ids: readonly number[]; vocabularySize: number },
  violations: Violations,
): readonly number[] {
  const wrong = ids.findIndex((id) => id >= vocabularySize);
  if (wrong >= 0) {
    violations.add(`${field}[${wrong}]`, `is ${ids[wrong]}; the vocabulary has ${vocabularySize} tokens`);
  }
  return ids;
}

/** Parses an id of a client or of the server, 1 to `idBytes` bytes. */
export function parseId(
  { field, value }: { field: string; value: string | undefined },
  limits: Limits,
  violations: Violations,
): string | undefined {
  if (value === undefined) return undefined;
  const bytes = Buffer.byteLength(value);
  if (bytes < 1 || bytes > limits.idBytes) {
    violations.add(field, `has ${bytes} bytes; it must have 1 to ${limits.idBytes}`);
  }
  return value;
}

/** Parses the labels of a request. */
export function parseLabels(
  labels: ReadonlyMap<string, string>,
  limits: Limits,
  violations: Violations,
): ReadonlyMap<string, string> {
  if (labels.size > limits.labels) {
    violations.add("labels", `has ${labels.size} entries; at most ${limits.labels}`);
    return NO_LABELS;
  }
  if (labels.size === 0) return NO_LABELS;
  for (const [key, value] of labels) {
    const field = `labels["${wellFormedText(key, MAX_KEY_TEXT_BYTES)}"]`;
    const keyBytes = Buffer.byteLength(key);
    const valueBytes = Buffer.byteLength(value);
    if (keyBytes < 1 || keyBytes > limits.labelKeyBytes) {
      violations.add(field, `has a key of ${keyBytes} bytes; it must have 1 to ${limits.labelKeyBytes}`);
    }
    if (valueBytes > limits.labelValueBytes) {
      violations.add(field, `has a value of ${valueBytes} bytes; at most ${limits.labelValueBytes}`);
    }
  }
  return labels;
}

/** Parses the revision that a session must have, or undefined for any revision. */
export function parseRevision(
  { field, value }: { field: string; value: number | undefined },
  violations: Violations,
): number | undefined {
  if (value === 0) violations.add(field, "is 0; it must be at least 1");
  return value;
}

/** Returns the JSON text of an object. Clients write an object without members as no text, as an empty one or as null, too. */
export function objectText(text: string | undefined, { empty }: { empty: string }): string {
  const trimmed = text?.trim() ?? "";
  return text === undefined || trimmed === "" || trimmed === "null" ? empty : text;
}

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
