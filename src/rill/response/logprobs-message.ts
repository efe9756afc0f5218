import type { TokenLogprobs } from "../../../generated/rill/v1/logprobs.js";
import type { TokenScore } from "../../core/piece.js";

const NO_BYTES = Buffer.alloc(0);

/** Converts the log-probabilities of tokens, in order. The result is empty if the request did not ask for them. */
export function toLogprobsMessage(tokenIds: readonly number[], scores: readonly TokenScore[]): TokenLogprobs[] {
  return scores.map(({ logprob, top }, index) => ({
    tokenId: tokenIds[index] ?? 0,
    logprob,
    top: top.map((token) => ({
      tokenId: token.tokenId,
      logprob: token.logprob,
      tokenBytes: token.tokenBytes === undefined ? NO_BYTES : asBuffer(token.tokenBytes),
    })),
  }));
}

/** The same bytes as a Buffer, which the generated code expects. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
