import { GenerateResponse } from "../../../generated/rill/v1/generation_service.js";
import type { FoldedGeneration } from "../../generation/fold-generation.js";
import type { EncodedResponse } from "../../grpc/contract/service-definition.js";
import type { WorkPace } from "../../sync/work-pace.js";
import { toAcceptedMessage } from "./accepted-message.js";
import { toCompletedMessage } from "./completed-message.js";
import { encodeInPieces } from "./encode-in-pieces.js";
import { asBuffer, toLogprobsMessage } from "./logprobs-message.js";
import { toContextTrimmedMessage } from "./stream-response.js";

/** Encodes a complete generation, with its long lists in pieces. */
export async function encodeGenerateResponse(folded: FoldedGeneration, pace: WorkPace): Promise<EncodedResponse> {
  const { accepted, contextTrimmed, completed, output } = folded;
  const { generationId, modelDigest, effectiveParameters, turn } = toAcceptedMessage(accepted);
  const message: GenerateResponse = {
    ...toCompletedMessage(completed),
    generationId,
    modelDigest,
    effectiveParameters,
    turn,
    contextTrimmed: contextTrimmed && toContextTrimmedMessage(contextTrimmed),
    text: output.text,
    reasoning: output.reasoning,
    toolCalls: [...output.toolCalls],
    tokenIds: [],
    logprobs: [],
    tokenBytes: [],
  };
  const { tokenIds, scores, tokenBytes } = output;
  return await encodeInPieces(message, {
    codec: GenerateResponse,
    lists: [
      { length: tokenIds.length, part: (start, end) => ({ tokenIds: tokenIds.slice(start, end) }) },
      { length: scores.length, part: (start, end) => ({ logprobs: scores.slice(start, end).map(toLogprobsMessage) }) },
      { length: tokenBytes.length, part: (start, end) => ({ tokenBytes: tokenBytes.slice(start, end).map(asBuffer) }) },
    ],
    pace,
  });
}
