import { creditWindow } from "../../core/credit.js";
import { GenerationError } from "../../core/generation-error.js";
import { untilAborted } from "../../sync/abort.js";
import { overtaken } from "./acceptance.js";
import { replayResult } from "./completed-result.js";
import { forReader, type GenerationCall } from "./generation-call.js";
import type { Claim } from "./keyed-generations.js";
import type { GenerationMessages } from "./reader-message.js";
import { runGeneration } from "./run-generation.js";

/**
 * Makes the call the reader of what it has claimed. Resolves once that is in the queue or running, or with undefined where the turn was overtaken.
 * @throws GenerationError why it was refused, and whatever else made its acceptance fail
 */
export async function readClaim(call: GenerationCall, claim: Claim): Promise<GenerationMessages | undefined> {
  const { request, limits, clock, handle, streams } = call;
  const { signal } = handle;
  if (claim.type === "stored") {
    handle.nameGeneration(claim.result.accepted.generationId);
    return replayResult(forReader(claim.result, call));
  }
  const { reading, acceptance } = claim;
  const { generation } = reading;
  const { delivery, output } = request;
  const window = creditWindow(limits);
  try {
    // A generation that fails must end its call even while a message waits for the reader.
    generation.onFailed((reason) => handle.abort(reason));
    handle.nameGeneration(generation.generationId);
    const accepted = await untilAborted(acceptance, signal);
    if (accepted.type === "overtaken") {
      reading.leave(overtaken());
      return undefined;
    }
    handle.accepted();
    return runGeneration(
      { reading, delivery, output, window, clock, signal, streams },
      forReader(accepted.opening, call),
    );
  } catch (thrown) {
    reading.leave(GenerationError.from(thrown));
    throw thrown;
  }
}
