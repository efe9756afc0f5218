import { GenerationError } from "../core/generation-error.js";
import type { AcceptedEvent, CompletedEvent, ContextTrimmedEvent } from "../core/generation-message.js";
import type { CallHandle } from "./call/call-handle.js";
import type { GenerationMessages } from "./claim/reader-message.js";
import { type FoldedOutput, OutputFold } from "./output/output-fold.js";

/** A generation as one answer. */
export interface FoldedGeneration {
  readonly accepted: AcceptedEvent;
  /** undefined: the model saw the whole input. */
  readonly contextTrimmed: ContextTrimmedEvent | undefined;
  readonly output: FoldedOutput;
  readonly completed: CompletedEvent;
}

/**
 * Folds the messages of a generation into one answer. Takes each message at once, so that its credit goes straight back, and keeps the sum.
 * @throws GenerationError RESPONSE_TOO_LARGE as soon as the answer cannot be sent any more, and whatever the generation throws
 */
export async function foldGeneration(
  messages: GenerationMessages,
  { maxResponseBytes, handle }: { maxResponseBytes: number; handle: Pick<CallHandle, "abort"> },
): Promise<FoldedGeneration> {
  const output = new OutputFold();
  let accepted: AcceptedEvent | undefined;
  let contextTrimmed: ContextTrimmedEvent | undefined;
  for await (const { event } of messages) {
    switch (event.type) {
      case "accepted":
        accepted = event;
        break;
      case "context_trimmed":
        contextTrimmed = event;
        break;
      case "text":
      case "tool_call":
        output.add(event);
        if (output.bytes > maxResponseBytes) {
          const error = responseTooLarge(maxResponseBytes);
          // The generation is told why before the loop leaves it.
          handle.abort(error);
          throw error;
        }
        break;
      case "completed":
        if (accepted !== undefined) return { accepted, contextTrimmed, output: output.folded(), completed: event };
        break;
      default:
      // The reader of one answer does not see how its call waits and its input is prefilled.
    }
  }
  throw new Error("the generation ended without accepted and completed");
}

function responseTooLarge(maxResponseBytes: number): GenerationError {
  const text = `the output is larger than a response may be: ${maxResponseBytes} bytes; use GenerateStream`;
  return new GenerationError("RESPONSE_TOO_LARGE", text, { facts: { max_response_bytes: String(maxResponseBytes) } });
}
