import type { GenerateResponse } from "../../../generated/rill/v1/generation_service.js";
import type { Accepted, Chunk, Completed, ContextTrimmed } from "../../../generated/rill/v1/generation_event.js";
import type { TokenLogprobs } from "../../../generated/rill/v1/logprobs.js";
import { GenerationError } from "../../core/generation-error.js";
import type { Messages } from "../call/stream-method.js";
import type { GenerationMessage } from "./event-message.js";

/** A token id takes up to so many bytes of a message. */
const TOKEN_ID_BYTES = 5;
/** A token in `logprobs` or `top`, without its bytes: a tag and a length, two tags, an id, a double. */
const LOGPROB_BYTES = 20;
/** In front of a token's bytes. */
const BYTES_HEAD_BYTES = 3;

/**
 * Generate is GenerateStream folded: takes each message at once, so that its credit goes straight back, and keeps the sum.
 * @throws GenerationError RESPONSE_TOO_LARGE as soon as it cannot be sent any more, and whatever the generation throws
 */
export async function foldGeneration(
  messages: Messages<GenerationMessage>,
  { maxResponseBytes }: { maxResponseBytes: number },
): Promise<GenerateResponse> {
  const texts: string[] = [];
  const tokenIds: number[] = [];
  const logprobs: TokenLogprobs[] = [];
  const tokenBytes: Buffer[] = [];
  let bytes = 0;
  let accepted: Accepted | undefined;
  let contextTrimmed: ContextTrimmed | undefined;
  for await (const message of messages) {
    switch (message.$case) {
      case "accepted":
        accepted = message.value;
        break;
      case "contextTrimmed":
        contextTrimmed = message.value;
        break;
      case "chunk":
        texts.push(message.value.text);
        tokenIds.push(...message.value.tokenIds);
        logprobs.push(...message.value.logprobs);
        tokenBytes.push(...message.value.tokenBytes);
        bytes += encodedBytes(message.value);
        if (bytes > maxResponseBytes) throw responseTooLarge(maxResponseBytes);
        break;
      case "completed":
        if (accepted !== undefined) {
          const output = { text: texts.join(""), tokenIds, logprobs, tokenBytes };
          return { ...toResponse(accepted, message.value, output), contextTrimmed };
        }
        break;
      default:
      // A unary caller does not see how its call waits and is read in.
    }
  }
  throw new Error("the generation ended without accepted and completed");
}

function toResponse(
  accepted: Accepted,
  completed: Completed,
  output: Pick<GenerateResponse, "text" | "tokenIds" | "logprobs" | "tokenBytes">,
): GenerateResponse {
  const { generationId, modelDigest, effectiveParameters, turn } = accepted;
  return { ...completed, ...output, generationId, modelDigest, effectiveParameters, turn };
}

/** What a chunk adds to the answer, at most. */
function encodedBytes({ text, tokenIds, logprobs, tokenBytes }: Chunk): number {
  let bytes = Buffer.byteLength(text) + tokenIds.length * TOKEN_ID_BYTES;
  for (const own of tokenBytes) bytes += own.length + BYTES_HEAD_BYTES;
  for (const { top } of logprobs) {
    bytes += LOGPROB_BYTES;
    for (const token of top) bytes += LOGPROB_BYTES + token.tokenBytes.length + BYTES_HEAD_BYTES;
  }
  return bytes;
}

function responseTooLarge(maxResponseBytes: number): GenerationError {
  const text = `the output is larger than a response may be: ${maxResponseBytes} bytes; use GenerateStream`;
  return new GenerationError("RESPONSE_TOO_LARGE", text, { facts: { max_response_bytes: String(maxResponseBytes) } });
}
