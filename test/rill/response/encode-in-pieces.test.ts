import assert from "node:assert/strict";
import fc from "fast-check";
import { GenerateResponse } from "../../../generated/rill/v1/generation_service.js";
import { encodeInPieces, type MessageList } from "../../../src/rill/response/encode-in-pieces.js";
import { WorkPace } from "../../../src/sync/work-pace.js";

describe("A response that is encoded in pieces", () => {
  it("is the same message as one that is encoded at once, however long its lists are", async () => {
    const pace = new WorkPace();
    const lengths = fc.constantFrom(0, 1, 999, 1_000, 1_001, 2_500);
    await fc.assert(
      fc.asyncProperty(lengths, lengths, lengths, async (ids, scores, own) => {
        const message: GenerateResponse = {
          ...GenerateResponse.decode(new Uint8Array()),
          text: "grüße",
          tokenIds: Array.from({ length: ids }, (_, index) => index * 7),
          logprobs: Array.from({ length: scores }, (_, index) => ({ tokenId: index, logprob: -index, top: [] })),
          tokenBytes: Array.from({ length: own }, (_, index) => Buffer.from(String(index))),
        };
        const { tokenIds, logprobs, tokenBytes } = message;
        const lists: MessageList<GenerateResponse>[] = [
          { length: ids, part: (start, end) => ({ tokenIds: tokenIds.slice(start, end) }) },
          { length: scores, part: (start, end) => ({ logprobs: logprobs.slice(start, end) }) },
          { length: own, part: (start, end) => ({ tokenBytes: tokenBytes.slice(start, end) }) },
        ];
        const emptied = { ...message, tokenIds: [], logprobs: [], tokenBytes: [] };
        const { bytes } = await encodeInPieces(emptied, { codec: GenerateResponse, lists, pace });
        const whole = GenerateResponse.encode(message).finish();
        assert.deepEqual(GenerateResponse.decode(bytes), GenerateResponse.decode(whole));
      }),
      { numRuns: 30 },
    );
  });
});
