import type { TokenLogprobs } from "../../../generated/rill/v1/logprobs.js";
import type { OutputScore } from "../../core/generation-message.js";

const NO_BYTES = Buffer.alloc(0);

export function toLogprobsMessage({ tokenId, logprob, top }: OutputScore): TokenLogprobs {
  return {
    tokenId,
    logprob,
    top: top.map((token) => ({
      tokenId: token.tokenId,
      logprob: token.logprob,
      tokenBytes: token.tokenBytes === undefined ? NO_BYTES : asBuffer(token.tokenBytes),
    })),
  };
}

/** Views bytes as a Buffer, which the generated code expects, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
