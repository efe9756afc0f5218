import type { DecoderOpening } from "../engine.js";
import { LogitAdjustment } from "./logit-adjustment.js";

/** What a decoder's own tokens and its biases do to its logits; undefined: nothing. */
export function adjustmentFor(
  { sequence, tokenIds, outputTokens = [], sampling }: DecoderOpening,
  tokenBytes: (tokenId: number) => Uint8Array,
): LogitAdjustment | undefined {
  const inputTokens = function* (): Generator<number> {
    const all = [...sequence.tokens(), ...tokenIds];
    yield* all.slice(0, all.length - outputTokens.length);
  };
  return LogitAdjustment.for({ sampling, inputTokens: inputTokens(), outputTokens, tokenBytes });
}
