import type { LogitBias as LogitBiasMessage } from "../../../generated/rill/v1/sampling.js";
import type { Limits } from "../../core/limits.js";
import { MAX_BIAS, NEVER_BIAS, type RequestedBias } from "../../core/generation-request.js";
import { parseNumber } from "./number-field.js";
import type { Violations } from "../../core/violations.js";

const FIELD = "sampling.logit_bias";

/** What becomes of each token's logit. Which tokens the texts are, and whether one is named twice by them, the vocabulary says later. */
export function parseLogitBias(
  biases: readonly LogitBiasMessage[],
  { limits, vocabularySize }: { limits: Limits; vocabularySize: number },
  violations: Violations,
): readonly RequestedBias[] {
  if (biases.length > limits.logitBiases) {
    violations.add(FIELD, `has ${biases.length} entries; at most ${limits.logitBiases}`);
    return [];
  }
  const seen = new Set<number>();
  const parsed = biases.map((message, index): RequestedBias => {
    const field = `${FIELD}[${index}]`;
    const bias = parseBias(message.bias, `${field}.bias`, violations);
    switch (message.target?.$case) {
      case "tokenId": {
        const tokenId = message.target.value;
        if (tokenId >= vocabularySize) {
          violations.add(`${field}.token_id`, `is ${tokenId}; the vocabulary has ${vocabularySize} tokens`);
        } else if (seen.has(tokenId)) {
          violations.add(`${field}.token_id`, `is ${tokenId}, which has a bias already`);
        }
        seen.add(tokenId);
        return { tokenId, bias };
      }
      case "text": {
        const text = message.target.value;
        const bytes = Buffer.byteLength(text);
        if (bytes < 1 || bytes > limits.logitBiasTextBytes) {
          violations.add(`${field}.text`, `has ${bytes} bytes; it must have 1 to ${limits.logitBiasTextBytes}`);
        }
        return { text, bias };
      }
      case undefined:
        violations.add(field, "has no target: one of token_id and text is required");
        return { tokenId: 0, bias };
    }
  });
  if (parsed.filter(({ bias }) => bias === NEVER_BIAS).length >= vocabularySize) {
    violations.add(FIELD, "leaves no token that may be drawn");
  }
  return Object.freeze(parsed);
}

function parseBias(bias: number | undefined, field: string, violations: Violations): number {
  if (bias === undefined) violations.add(field, "is missing");
  return parseNumber({ field, value: bias, fallback: 0, min: NEVER_BIAS, max: MAX_BIAS }, violations);
}
