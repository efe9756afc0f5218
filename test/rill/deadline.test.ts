import assert from "node:assert/strict";
import { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { ManualClock } from "../support/manual-clock.js";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { rawStatusDetails } from "../support/status-details.js";
import { messageOf, promptRequest, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const METHOD = "rill.v1.GenerationService/GenerateStream";

describe("A call's deadline", () => {
  it("that cannot be met is told at once, in trailers only, with what it would take", async () => {
    await using server = await TestServer.start({ engine: { stepMs: 5 } });
    using client = new TestClient(server.address);
    await client.stream(promptRequest("measured"));
    // 1,500 tokens of at least 5 ms each do not fit in 2 s; by the lower estimate at least half of that.
    const stopping = { maxOutputTokens: 1_500, ignoreEndOfGeneration: true, stopSequences: [], stopTokenIds: [] };
    await using reader = await RawHttp2Reader.open({
      address: server.address,
      method: METHOD,
      request: GenerateStreamRequest.encode(tokensRequest([SCRIPT.CYCLE, 65], { stopping })).finish(),
      metadata: { "grpc-timeout": "2S" },
    });
    const status = rawStatusDetails(await reader.ended);
    assert.deepEqual([status.reason, status.pushbackMs], ["DEADLINE_EXCEEDED", undefined]);
    assert.match(
      status.text,
      /^the deadline cannot be met: it leaves (1\d{3}|2000) ms, and .* at least \d+ ms, 0 ms of them/,
    );
    assert.equal(reader.trailersOnly, true);
    assert.equal(server.scheduler.load().totals.refused.get("DEADLINE_EXCEEDED"), 1);
  });

  it("is the end of a call that its client resets at that time, and not of one that it resets before", async () => {
    const clock = new ManualClock();
    await using server = await TestServer.start({ clock });
    using client = new TestClient(server.address);
    const reasonAfter = async (ms: number): Promise<string | undefined> => {
      const requestId = `after-${ms}`;
      await using reader = await RawHttp2Reader.open({
        address: server.address,
        method: METHOD,
        request: GenerateStreamRequest.encode(tokensRequest([SCRIPT.CYCLE, 65], { requestId })).finish(),
        metadata: { "grpc-timeout": "20S" },
      });
      await generationWhen(client, (generation) => generation.requestId === requestId);
      clock.advance(ms);
      reader.cancel();
      await loadWhen(client, ({ generations }) => generations.length === 0);
      const { end } = await client.known({ $case: "requestId", value: requestId });
      return end?.$case === "status" ? end.value.reason : undefined;
    };
    assert.equal(await reasonAfter(19_990), "DEADLINE_EXCEEDED");
    assert.equal(await reasonAfter(19_500), "CANCELLED");
  });

  it("leaves a call alone that sets none, and max_wait is reported only where it was given", async () => {
    await using server = await TestServer.start();
    using client = new TestClient(server.address);
    const given = { maxWait: { seconds: 1, nanos: 500_000_000 } };
    for (const [scheduling, expected] of [
      [given, [1, 500_000_000]],
      [undefined, [undefined, undefined]],
    ] as const) {
      const stream = client.generation.generateStream(promptRequest("a", { scheduling }));
      stream.on("error", () => {});
      const { event } = await messageOf(stream, () => true);
      assert.ok(event?.$case === "accepted");
      const { maxWait } = event.value.effectiveParameters?.scheduling ?? {};
      assert.deepEqual([maxWait?.seconds, maxWait?.nanos], expected);
    }
  });
});
