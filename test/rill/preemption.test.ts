import assert from "node:assert/strict";
import { GenerateStreamRequest, GenerateStreamResponse } from "../../generated/rill/v1/generation_service.js";
import { GenerationState } from "../../generated/rill/v1/generation_state.js";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const METHOD = "rill.v1.GenerationService/GenerateStream";
const OUTPUT_TOKENS = 300;
const LETTERS = [65, 66, 67];
const OPEN_WINDOW_BYTES = 1_000_000;

/** A generation that goes on and on, whose reader takes nothing until it is told to. */
async function openStalled(server: TestServer, requestId: string): Promise<RawHttp2Reader> {
  const request = tokensRequest([SCRIPT.CYCLE, ...LETTERS], {
    requestId,
    stopping: { maxOutputTokens: OUTPUT_TOKENS, stopSequences: [], stopTokenIds: [] },
  });
  return await RawHttp2Reader.open({
    address: server.address,
    method: METHOD,
    request: GenerateStreamRequest.encode(request).finish(),
    windowBytes: 0,
  });
}

describe("Readers that are behind, while others wait", () => {
  it("give their slots up, and get every token once when they read on", async function () {
    this.timeout(30_000);
    await using server = await TestServer.start({ engine: { sequences: 2 } });
    using client = new TestClient(server.address);
    const readers = [];
    for (const requestId of ["first", "second", "third", "fourth"]) readers.push(await openStalled(server, requestId));
    await loadWhen(client, ({ parked, preempted }) => parked === 2 && preempted === 2);
    const answer = await client.generate(tokensRequest([72, 105]));
    assert.equal(answer.text, "Hi");
    await generationWhen(client, ({ state }) => state === GenerationState.PREEMPTED);
    let restarts = 0;
    for (const reader of readers) {
      reader.openWindow(OPEN_WINDOW_BYTES);
      assert.equal((await reader.ended).grpcStatus, 0);
      const events = reader.messages.map((message) => GenerateStreamResponse.decode(message));
      assert.deepEqual(
        events.map(({ sequence }) => sequence),
        events.map((_, index) => index + 1),
      );
      const texts = events.map(({ event }) => (event?.$case === "chunk" ? event.value.text : ""));
      assert.equal(texts.join(""), "ABC".repeat(OUTPUT_TOKENS / LETTERS.length));
      const last = events.at(-1)?.event;
      assert.ok(last?.$case === "completed");
      restarts += last.value.restarts;
    }
    assert.ok(restarts >= 3, `${restarts} restarts`);
    await loadWhen(client, ({ slotsBusy, preempted, generations }) => slotsBusy + preempted + generations.length === 0);
    for (const reader of readers) await reader[Symbol.asyncDispose]();
  });
});
