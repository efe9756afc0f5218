import assert from "node:assert/strict";
import type { GenerateStreamResponse } from "../../generated/rill/v1/generation_service.js";
import { chunksOf, textOf } from "../support/generation-text.js";
import { loadWhen } from "../support/load-watch.js";
import { ManualClock } from "../support/manual-clock.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { messageOf, resultOf, TestClient, tokensRequest } from "../support/test-client.js";
import { serveSuite } from "../support/suite-server.js";
import { TestServer } from "../support/test-server.js";

const NO_STOPS = { stopSequences: [], stopTokenIds: [] };
const isCase = ($case: string) => (message: GenerateStreamResponse) => message.event?.$case === $case;

describe("The delivery of a stream", () => {
  const clock = new ManualClock();
  const suite = serveSuite({ clock, slots: 1, engine: { stepMs: 5 }, limits: { creditPieces: 100 } });

  it("tells a waiting call its position, and that it is alive when it asked for heartbeats", async () => {
    const running = suite.client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65], { requestId: "running" }));
    running.on("error", () => {});
    await messageOf(running, isCase("chunk"));
    const delivery = { heartbeatInterval: { seconds: 2, nanos: 0 } };
    const waiting = suite.client.generation.generateStream(tokensRequest([66], { requestId: "waiting", delivery }));
    const result = resultOf(waiting);
    const queued = await messageOf(waiting, isCase("queued"));
    assert.ok(queued.event?.$case === "queued");
    assert.deepEqual([queued.sequence, queued.event.value.position], [2, 1]);
    let beat: GenerateStreamResponse | undefined;
    void messageOf(waiting, isCase("heartbeat")).then((message) => (beat = message));
    let passedMs = 0;
    for (; beat === undefined; passedMs += 500) {
      clock.advance(500);
      await suite.client.load();
    }
    assert.ok(passedMs >= 2_000);
    assert.deepEqual(beat.event, { $case: "heartbeat", value: { parked: false, _unknownFields: {} } });
    running.cancel();
    const { messages, status } = await result;
    assert.equal(status.code, 0);
    assert.equal(textOf(messages), "B");
    assert.deepEqual(
      messages.map(({ sequence }) => sequence),
      messages.map((_, index) => index + 1),
    );
    await loadWhen(suite.client, ({ slotsBusy }) => slotsBusy === 0);
  });

  it("tells a waiting call that it is alive at the server's own interval when it asked for none", async () => {
    const ownClock = new ManualClock();
    const limits = { defaultHeartbeatMs: 3_000 };
    await using beating = await TestServer.start({ clock: ownClock, slots: 1, engine: { stepMs: 5 }, limits });
    using own = new TestClient(beating.address);
    const running = own.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65]));
    running.on("error", () => {});
    await messageOf(running, isCase("chunk"));
    for (const delivery of [undefined, { maxChunkDelay: { seconds: 0, nanos: 1_000_000 } }]) {
      const waiting = own.generation.generateStream(tokensRequest([66], delivery === undefined ? {} : { delivery }));
      waiting.on("error", () => {});
      const accepted = await messageOf(waiting, isCase("accepted"));
      assert.ok(accepted.event?.$case === "accepted");
      assert.equal(accepted.event.value.effectiveParameters?.delivery?.heartbeatInterval?.seconds, 3);
      let beat: GenerateStreamResponse | undefined;
      let passedMs = 0;
      void messageOf(waiting, isCase("heartbeat")).then((message) => (beat = message));
      for (; beat === undefined; passedMs += 500) {
        ownClock.advance(500);
        await own.load();
      }
      assert.ok(passedMs >= 3_000);
      waiting.cancel();
    }
    running.cancel();
  });

  it("holds text back for more text up to max_chunk_delay, and loses none", async () => {
    const ids = Array.from({ length: 10 }, (_, index) => 97 + index);
    const delivery = { maxChunkDelay: { seconds: 1, nanos: 0 } };
    const { messages } = await suite.client.stream(tokensRequest(ids, { delivery }));
    assert.deepEqual(
      chunksOf(messages).map(({ text, tokenCount }) => [text, tokenCount]),
      [["abcdefghij", 10]],
    );
  });

  it("lets text go when the delay is over, although the generation goes on", async () => {
    const delivery = { maxChunkDelay: { seconds: 1, nanos: 0 } };
    const stream = suite.client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65], { delivery }));
    stream.on("error", () => {});
    let first: GenerateStreamResponse | undefined;
    void messageOf(stream, isCase("chunk")).then((message) => (first = message));
    while (first === undefined) {
      clock.advance(1_000);
      await suite.client.load();
    }
    assert.ok(first.event?.$case === "chunk");
    assert.ok(first.event.value.tokenCount < suite.server.limits.creditPieces);
    stream.cancel();
    await loadWhen(suite.client, ({ slotsBusy }) => slotsBusy === 0);
  });

  it("does not wait for what cannot come: a chunk leaves once it holds the whole window", async () => {
    const stopping = { ...NO_STOPS, maxOutputTokens: 250 };
    const delivery = { maxChunkDelay: { seconds: 1, nanos: 0 } };
    const { messages } = await suite.client.stream(tokensRequest([SCRIPT.CYCLE, 65], { stopping, delivery }));
    assert.deepEqual(
      chunksOf(messages).map(({ tokenCount }) => tokenCount),
      [100, 100, 50],
    );
  });
});
