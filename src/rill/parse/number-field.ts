import type { Duration } from "../../../generated/google/protobuf/duration.js";
import type { Violations } from "../../core/generation-error.js";

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
