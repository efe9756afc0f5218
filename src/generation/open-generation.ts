import { completeRequest } from "./call/complete-request.js";
import { beginClaim, findClaim, readClaim } from "./claim/claim-generation.js";
import type { GenerationCall, RequestedCall } from "./claim/generation-call.js";
import type { GenerationMessages } from "./claim/reading.js";
import { acceptGeneration } from "./claim/submit-generation.js";
import { openTurn } from "./turn/open-turn.js";

/**
 * Opens a generation: begins one, takes one over, or repeats the result of one. Resolves once it is in the queue or running, with its messages, which are
 * to be read at once. Whoever leaves them frees everything.
 * @throws GenerationError why it was refused
 */
export async function openGeneration(requested: RequestedCall): Promise<GenerationMessages> {
  const call = { ...requested, request: completeRequest(requested.request, requested) };
  for (;;) {
    const messages = await tryOpen(call);
    if (messages !== undefined) return messages;
    // A turn was overtaken. Each time another call has got on, so this comes to an end.
  }
}

async function tryOpen(call: GenerationCall): Promise<GenerationMessages | undefined> {
  const { input } = call.request;
  const found = findClaim(call);
  if (found !== undefined) return await readClaim(call, found);
  if (input.type === "turn") return await openTurn(call, input);
  const reading = beginClaim(call);
  const acceptance = acceptGeneration(call, input, reading);
  reading.shareAcceptance(acceptance);
  return await readClaim(call, { type: "reading", reading, acceptance });
}
