import type { Dry as DryMessage } from "../../../generated/rill/v1/sampling.js";
import type { Dry } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { type NumberField, parseNumber } from "./number-field.js";
import type { Violations } from "../../core/violations.js";

const MULTIPLIER = { fallback: 0.8, min: 0, max: 10 };
const BASE = { fallback: 1.75, min: 1, max: 10 };
const ALLOWED_LENGTH = { fallback: 2, min: 1, max: 1_024 };
const SEQUENCE_BREAKERS = Object.freeze(["\n", ":", '"', "*"]);

/** The DRY penalty with its defaults filled in; undefined where none is asked for. */
export function parseDry(
  dry: DryMessage | undefined,
  { limits, contextTokens }: { limits: Limits; contextTokens: number },
  violations: Violations,
): Dry | undefined {
  if (dry === undefined) return undefined;
  const number = (field: string, value: number | undefined, bounds: Omit<NumberField, "field" | "value">): number =>
    parseNumber({ field: `sampling.dry.${field}`, value, ...bounds }, violations);
  return Object.freeze({
    multiplier: number("multiplier", dry.multiplier, MULTIPLIER),
    base: number("base", dry.base, BASE),
    allowedLength: number("allowed_length", dry.allowedLength, ALLOWED_LENGTH),
    window: number("window", dry.window, { fallback: contextTokens, min: 0, max: contextTokens }),
    sequenceBreakers: parseBreakers(dry.sequenceBreakers, limits, violations),
  });
}

function parseBreakers(breakers: readonly string[], limits: Limits, violations: Violations): readonly string[] {
  const field = "sampling.dry.sequence_breakers";
  if (breakers.length === 0) return SEQUENCE_BREAKERS;
  if (breakers.length > limits.drySequenceBreakers) {
    violations.add(field, `has ${breakers.length} entries; at most ${limits.drySequenceBreakers}`);
    return [];
  }
  breakers.forEach((breaker, index) => {
    const bytes = Buffer.byteLength(breaker);
    if (bytes >= 1 && bytes <= limits.drySequenceBreakerBytes) return;
    violations.add(`${field}[${index}]`, `has ${bytes} bytes; it must have 1 to ${limits.drySequenceBreakerBytes}`);
  });
  return breakers;
}
