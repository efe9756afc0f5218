import type { Duration } from "../../../generated/google/protobuf/duration.js";
import type { Violations } from "../../core/violations.js";

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

/** Returns the value in force. A value out of bounds is a violation, and so are NaN and the infinities. */
export function parseNumber(number: NumberField, violations: Violations): number {
  const { field, value, fallback, min, max, aboveMin = false, unit = "" } = number;
  if (value === undefined) return fallback;
  if (value <= max && (aboveMin ? value > min : value >= min)) return value;
  const lower = aboveMin ? `above ${min}` : `at least ${min}`;
  violations.add(field, `is ${value}${unit}; it must be ${lower} and at most ${max}${unit}`);
  return fallback;
}

/** Parses a duration to milliseconds, with bounds in milliseconds. */
export function parseDurationMs(
  duration: Omit<NumberField, "value" | "unit"> & { readonly value: Duration | undefined },
  violations: Violations,
): number {
  const { value, field } = duration;
  if (value !== undefined && (value.nanos < 0 || value.nanos > 999_999_999)) {
    violations.add(field, `has ${value.nanos} nanos; they must be 0 to 999999999`);
    return duration.fallback;
  }
  const ms = value === undefined ? undefined : value.seconds * 1_000 + value.nanos / 1e6;
  return parseNumber({ ...duration, value: ms, unit: " ms" }, violations);
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
