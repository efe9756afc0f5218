import type { LogitBias, RequestedBias } from "../core/generation-request.js";
import { InputRefusal } from "../core/generation-error.js";
import { tokenizeText } from "./prepare-input.js";
import type { Vocabulary } from "./tokens/vocabulary.js";

/** The most tokens of a text that an error lists. */
const MAX_NAMED_TOKENS = 16;

/**
 * Finds the token of each bias, in the same order, and yields between slices of work.
 * @throws InputRefusal when a text is not exactly one token, or when two biases have the same token
 */
export function* resolveBiases(
  vocabulary: Vocabulary,
  biases: readonly RequestedBias[],
): Generator<undefined, readonly LogitBias[]> {
  const resolved: LogitBias[] = [];
  const seen = new Set(biases.flatMap((bias) => ("tokenId" in bias ? [bias.tokenId] : [])));
  for (const [index, requested] of biases.entries()) {
    if ("tokenId" in requested) {
      resolved.push(requested);
      continue;
    }
    const field = `sampling.logit_bias[${index}].text`;
    const tokenId = yield* tokenOf(vocabulary, requested.text, field);
    if (seen.has(tokenId)) throw new InputRefusal(field, `is token ${tokenId}, which has a bias already`);
    seen.add(tokenId);
    resolved.push({ tokenId, bias: requested.bias });
    yield;
  }
  return resolved;
}

function* tokenOf(vocabulary: Vocabulary, text: string, field: string): Generator<undefined, number> {
  const options = { field, text, addBeginning: false, parseControlTokens: false, maxTokens: Infinity };
  const tokenised = yield* tokenizeText(vocabulary, options);
  const tokens = tokenised.type === "tokens" ? [...tokenised.tokens] : [];
  const [tokenId] = tokens;
  if (tokenId !== undefined && tokens.length === 1) return tokenId;
  const named = tokens.slice(0, MAX_NAMED_TOKENS).join(", ");
  const more = tokens.length > MAX_NAMED_TOKENS ? " and more" : "";
  throw new InputRefusal(field, `is ${tokens.length} tokens (${named}${more}); it must be exactly one`);
}
