import type { Limits } from "../../core/limits.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import type { Violations } from "../../core/generation-error.js";

const MAX_KEY_TEXT_BYTES = 64;

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

/** The labels of nearly every call. */
const NO_LABELS: ReadonlyMap<string, string> = new Map();

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
