import assert from "node:assert/strict";
import { chunksOf } from "../support/generation-text.js";
import { scriptedScore } from "../support/scripted-engine.js";
import { promptRequest, refusalOf, TestClient } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const TEXT = "grüße 🌊!";
const tokens = [...Buffer.from(TEXT)];

describe("Scores and bytes of tokens", () => {
  let server: TestServer;
  let client: TestClient;

  before(async () => {
    server = await TestServer.start({ limits: { messageBytes: 16_384 } });
    client = new TestClient(server.address);
  });

  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  it("come with the tokens of each chunk, as many as there are tokens", async () => {
    const { messages } = await client.stream(promptRequest(TEXT, { output: { logprobs: 3, tokenBytes: true } }));
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
    const logprobs = await client.generate(promptRequest("ab", { output: { logprobs: 0 } }));
    assert.deepEqual([logprobs.logprobs.length, logprobs.tokenBytes.length], [2, 0]);
    assert.deepEqual(logprobs.logprobs[0]?.top, []);
    const bytes = await client.generate(promptRequest("ab", { output: { tokenBytes: true } }));
    assert.deepEqual([bytes.logprobs.length, bytes.tokenBytes.map(String)], [0, ["a", "b"]]);
    const neither = await client.generate(promptRequest("ab"));
    assert.deepEqual([neither.logprobs, neither.tokenBytes], [[], []]);
  });

  it("count for the size of an answer", async () => {
    const prompt = "long ".repeat(20);
    assert.equal((await client.generate(promptRequest(prompt))).text, prompt);
    const { reason } = await refusalOf(client.generate(promptRequest(prompt, { output: { logprobs: 20 } })));
    assert.equal(reason, "RESPONSE_TOO_LARGE");
  });
});
