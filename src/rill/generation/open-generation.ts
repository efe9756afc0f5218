import type { GenerationInput } from "../../core/generation-request.js";
import type { Messages } from "../../grpc/call/stream-method.js";
import { openTurnGeneration } from "./turn/open-turn-generation.js";
import { beginClaim, findClaim } from "./claim-generation.js";
import type { GenerationCall } from "./generation-call.js";
import { readClaim } from "./read-claim.js";
import type { GenerationMessage } from "../response/event-message.js";
import { submitGeneration } from "./submit-generation.js";

/**
 * Opens a generation. Resolves once it is in line or running, with its messages, which are to be read at once: whoever leaves them frees everything.
 * @throws GenerationError why it was refused
 */
export async function openGeneration(call: GenerationCall): Promise<Messages<GenerationMessage>> {
  const { input } = call.request;
  if (input.type === "turn") return await openTurnGeneration(call, input);
  const claim = findClaim(call) ?? beginClaim(call, acceptanceOf(call, input));
  return await readClaim(call, claim);
}

function acceptanceOf(call: GenerationCall, input: GenerationInput): Parameters<typeof beginClaim>[1] {
  const { preparer, engine } = call.backend;
  const { constraint, reasoning } = call.request;
  return {
    accept: async (generation, signal) => {
      const accepted = await submitGeneration(call, {
        generation,
        signal,
        readInput: async (fit) => {
          // What comes as tokens is fitted before it is copied to the worker.
          if (input.type === "token_ids") fit(input.tokenIds.length);
          return await preparer.prepare(input, {
            maxInputTokens: engine.contextTokens - 1,
            signal,
            constraint,
            reasoning: reasoning?.enabled,
          });
        },
      });
      return { accepted };
    },
  };
}
