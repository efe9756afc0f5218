import type { Violations } from "../../core/violations.js";

/** Ids of the vocabulary, as they came. Only the first that is none is named: a message holds a million. */
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
