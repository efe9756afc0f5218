import { GenerationError } from "../../core/generation-error.js";
import { openingMessages } from "./opening.js";
import type { GenerationMessage } from "../response/event-message.js";
import type { CompletedResult } from "./stored-results.js";

/**
 * What a repeat of a completed call gets, without anything being run.
 * @throws GenerationError RESPONSE_TOO_LARGE when the output was more than is kept: the call completed, and running it again is the caller's to decide
 */
export function* replayResult(result: CompletedResult): Generator<GenerationMessage, void, void> {
  const { accepted, output, completed } = result;
  if (output === undefined) {
    const text = "the call has completed, and its output was larger than what is stored for a repeat";
    throw new GenerationError("RESPONSE_TOO_LARGE", text, { facts: { generation_id: accepted.generationId } });
  }
  yield* openingMessages(result);
  yield* output;
  yield { $case: "completed", value: completed };
}
