import { GenerationError } from "../../core/generation-error.js";
import type { RunOutcome } from "../../core/run-end.js";

/** Why a generation ended whose run did not come to its own end, and that nobody had aborted before. */
export function toRunError(outcome: Exclude<RunOutcome, { type: "finished" }>, generationId: string): GenerationError {
  switch (outcome.type) {
    case "cancelled":
      return new GenerationError("ENGINE_LOST", "the engine was closed");
    case "failed":
      return new GenerationError("ENGINE_FAULT", "the engine failed in this generation", {
        facts: { generation_id: generationId },
        cause: outcome.message,
      });
  }
}
