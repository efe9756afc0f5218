import type { GenerateStreamResponse } from "../../../generated/rill/v1/generation_service.js";
import { GenerationError } from "../../core/generation-error.js";
import type { CompletedResult } from "./stored-results.js";

/**
 * What a repeat of a completed call gets, without anything being run.
 * @throws GenerationError RESPONSE_TOO_LARGE when the output was more than is kept: the call completed, and running it again is the caller's to decide
 */
export function* replayResult({
  accepted,
  chunk,
  completed,
}: CompletedResult): Generator<NonNullable<GenerateStreamResponse["event"]>, void, void> {
  if (chunk === undefined) {
    const text = "the call has completed, and its output was larger than what is stored for a repeat";
    throw new GenerationError("RESPONSE_TOO_LARGE", text, { facts: { generation_id: accepted.generationId } });
  }
  yield { $case: "accepted", value: accepted };
  if (chunk.text !== "" || chunk.tokenCount > 0) yield { $case: "chunk", value: chunk };
  yield { $case: "completed", value: completed };
}
