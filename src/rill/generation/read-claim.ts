import { GenerationError } from "../../core/generation-error.js";
import { creditWindow } from "../../core/credit.js";
import type { Messages } from "../../grpc/call/stream-method.js";
import { forReader, type GenerationCall } from "./generation-call.js";
import type { Claim } from "./keyed-generations.js";
import { replayResult } from "./replay-result.js";
import type { GenerationMessage } from "../response/event-message.js";
import { runGeneration } from "./run-generation.js";

/**
 * Makes the call the reader of what it has claimed. Resolves once that is in line or running.
 * @throws GenerationError why it was refused, and whatever else made its acceptance fail
 */
export async function readClaim(call: GenerationCall, claim: Claim): Promise<Messages<GenerationMessage>> {
  const { request, limits, clock, context, streams } = call;
  if (claim.type === "stored") {
    context.nameGeneration(claim.result.accepted.generationId);
    return replayResult({ ...claim.result, ...forReader(claim.result, call) });
  }
  const { reading } = claim;
  const { generation } = reading;
  const { delivery, output } = request;
  const window = creditWindow(limits);
  try {
    // A generation that fails must end its call even while a message waits for the reader.
    generation.onFailed((reason) => context.abort(reason));
    context.nameGeneration(generation.generationId);
    const opening = forReader(await claim.opening, call);
    context.accepted();
    return runGeneration({ reading, delivery, output, window, clock, context, streams }, opening);
  } catch (thrown) {
    reading.leave(GenerationError.from(thrown));
    throw thrown;
  }
}
