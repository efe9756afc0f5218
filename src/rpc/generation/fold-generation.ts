import type { GenerateResponse } from "../../../generated/rill/v1/generation_service.js";
import type { Accepted, Completed } from "../../../generated/rill/v1/generation_event.js";
import { GenerationError } from "../../core/generation-error.js";
import type { GenerationMessage } from "./run-generation.js";

/** A token id takes up to so many bytes of a message. */
const TOKEN_ID_BYTES = 5;

/**
 * Generate is GenerateStream folded: takes each message at once, so that its credit goes straight back, and keeps the sum.
 * @throws GenerationError RESPONSE_TOO_LARGE as soon as it cannot be sent any more, and whatever the generation throws
 */
export async function foldGeneration(
  messages: AsyncIterable<GenerationMessage>,
  { maxResponseBytes }: { maxResponseBytes: number },
): Promise<GenerateResponse> {
  const texts: string[] = [];
  const tokenIds: number[] = [];
  let bytes = 0;
  let accepted: Accepted | undefined;
  for await (const message of messages) {
    switch (message.$case) {
      case "accepted":
        accepted = message.value;
        break;
      case "chunk":
        texts.push(message.value.text);
        tokenIds.push(...message.value.tokenIds);
        bytes += Buffer.byteLength(message.value.text) + message.value.tokenIds.length * TOKEN_ID_BYTES;
        if (bytes > maxResponseBytes) throw responseTooLarge(maxResponseBytes);
        break;
      case "completed":
        if (accepted !== undefined) return toResponse(accepted, message.value, { text: texts.join(""), tokenIds });
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
  output: { text: string; tokenIds: number[] },
): GenerateResponse {
  const { generationId, modelDigest, effectiveParameters } = accepted;
  return { ...completed, ...output, generationId, modelDigest, effectiveParameters };
}

function responseTooLarge(maxResponseBytes: number): GenerationError {
  const text = `the output is larger than a response may be: ${maxResponseBytes} bytes; use GenerateStream`;
  return new GenerationError("RESPONSE_TOO_LARGE", text, { facts: { max_response_bytes: String(maxResponseBytes) } });
}
