import type { GenerateResponse } from "../../../generated/rill/v1/generation_service.js";
import type { Accepted, Completed, ContextTrimmed } from "../../../generated/rill/v1/generation_event.js";
import { GenerationError } from "../../core/generation-error.js";
import type { CallContext } from "../../grpc/call/call-context.js";
import type { Messages } from "../../grpc/call/stream-method.js";
import type { GenerationMessage } from "../response/event-message.js";
import { type FoldedOutput, OutputFold } from "./output-fold.js";

/**
 * Generate is GenerateStream folded: takes each message at once, so that its credit goes straight back, and keeps the sum.
 * @throws GenerationError RESPONSE_TOO_LARGE as soon as it cannot be sent any more, and whatever the generation throws
 */
export async function foldGeneration(
  messages: Messages<GenerationMessage>,
  { maxResponseBytes, context }: { maxResponseBytes: number; context: Pick<CallContext, "abort"> },
): Promise<GenerateResponse> {
  const output = new OutputFold();
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
      case "toolCall":
        output.add(message);
        if (output.bytes > maxResponseBytes) {
          const error = responseTooLarge(maxResponseBytes);
          // The generation is told why before the loop leaves it.
          context.abort(error);
          throw error;
        }
        break;
      case "completed":
        if (accepted !== undefined) {
          return { ...toResponse(accepted, message.value, output.folded()), contextTrimmed };
        }
        break;
      default:
      // A unary caller does not see how its call waits and is read in.
    }
  }
  throw new Error("the generation ended without accepted and completed");
}

function toResponse(accepted: Accepted, completed: Completed, output: FoldedOutput): GenerateResponse {
  const { generationId, modelDigest, effectiveParameters, turn } = accepted;
  return { ...completed, ...output, generationId, modelDigest, effectiveParameters, turn };
}

function responseTooLarge(maxResponseBytes: number): GenerationError {
  const text = `the output is larger than a response may be: ${maxResponseBytes} bytes; use GenerateStream`;
  return new GenerationError("RESPONSE_TOO_LARGE", text, { facts: { max_response_bytes: String(maxResponseBytes) } });
}
