import assert from "node:assert/strict";
import { chunksOf } from "../support/generation-text.js";
import { scriptedScore } from "../support/scripted-engine.js";
import { promptRequest, refusalOf } from "../support/test-client.js";
import { serveSuite } from "../support/suite-server.js";

const TEXT = "grüße 🌊!";
const tokens = [...Buffer.from(TEXT)];

describe("Scores and bytes of tokens", () => {
  const suite = serveSuite({ limits: { messageBytes: 16_384 } });

  it("come with the tokens of each chunk, as many as there are tokens", async () => {
    const { messages } = await suite.client.stream(promptRequest(TEXT, { output: { logprobs: 3, tokenBytes: true } }));
    const chunks = chunksOf(messages);
    for (const { tokenCount, logprobs, tokenBytes, tokenIds } of chunks) {
      assert.deepEqual([logprobs.length, tokenBytes.length, tokenIds.length], [tokenCount, tokenCount, 0]);
    }
    const logprobs = chunks.flatMap((chunk) => chunk.logprobs);
    assert.deepEqual(
      logprobs.map(({ tokenId, logprob, top }) => [
        tokenId,
        logprob,
        top.map((token) => [token.tokenId, token.logprob, ...token.tokenBytes]),
      ]),
      tokens.map((tokenId) => {
        const { logprob, top } = scriptedScore(tokenId, 3);
        return [tokenId, logprob, top.map((token) => [token.tokenId, token.logprob, token.tokenId])];
      }),
    );
    const bytes = Buffer.concat(chunks.flatMap(({ tokenBytes }) => tokenBytes));
    assert.equal(bytes.toString(), TEXT);
  });

  it("are each told alone, and neither unless it is asked for", async () => {
    const logprobs = await suite.client.generate(promptRequest("ab", { output: { logprobs: 0 } }));
    assert.deepEqual([logprobs.logprobs.length, logprobs.tokenBytes.length], [2, 0]);
    assert.deepEqual(logprobs.logprobs[0]?.top, []);
    const bytes = await suite.client.generate(promptRequest("ab", { output: { tokenBytes: true } }));
    assert.deepEqual([bytes.logprobs.length, bytes.tokenBytes.map(String)], [0, ["a", "b"]]);
    const neither = await suite.client.generate(promptRequest("ab"));
    assert.deepEqual([neither.logprobs, neither.tokenBytes], [[], []]);
  });

  it("count for the size of an answer", async () => {
    const prompt = "long ".repeat(20);
    assert.equal((await suite.client.generate(promptRequest(prompt))).text, prompt);
    const { reason } = await refusalOf(suite.client.generate(promptRequest(prompt, { output: { logprobs: 20 } })));
    assert.equal(reason, "RESPONSE_TOO_LARGE");
  });
});
