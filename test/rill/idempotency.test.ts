import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { GenerateStreamRequest, GenerateStreamResponse } from "../../generated/rill/v1/generation_service.js";
import { GenerationState } from "../../generated/rill/v1/generation_state.js";
import { Deferred } from "../../src/sync/deferred.js";
import { chunksOf, completedOf, textOf } from "../support/generation-text.js";
import { endedGeneration } from "../support/ledger-watch.js";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { ManualClock } from "../support/manual-clock.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { messageOf, promptRequest, refusalOf, resultOf, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const NO_STOPS = { stopSequences: [], stopTokenIds: [] };
const OUTPUT_TOKENS = 300;
const OUTPUT = "abc".repeat(OUTPUT_TOKENS / 3);

/** 300 tokens that spell abc again and again. */
function longRequest(fields: Partial<GenerateStreamRequest> = {}): GenerateStreamRequest {
  const stopping = { ...NO_STOPS, maxOutputTokens: OUTPUT_TOKENS };
  return tokensRequest([SCRIPT.CYCLE, 97, 98, 99], { stopping, idempotencyKey: "key", ...fields });
}

describe("An idempotency key", () => {
  let clock: ManualClock;
  let server: TestServer;
  let client: TestClient;

  const start = async (options: Parameters<typeof TestServer.start>[0] = {}): Promise<void> => {
    clock = new ManualClock();
    server = await TestServer.start({ clock, ...options });
    client = new TestClient(server.address);
  };

  afterEach(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const acceptedTotal = (): number => server.scheduler.load().totals.acceptedGenerations;

  const openRaw = (windowBytes: number, request = longRequest()): Promise<RawHttp2Reader> =>
    RawHttp2Reader.open({
      address: server.address,
      method: "rill.v1.GenerationService/GenerateStream",
      request: GenerateStreamRequest.encode(request).finish(),
      windowBytes,
    });

  describe("of a call that goes on", () => {
    it("lets a repeat take it over: all so far in one chunk, numbered anew, and the earlier reader ends ABORTED", async () => {
      await start({ engine: { stepMs: 2 } });
      const first = client.generation.generateStream(longRequest());
      const firstResult = resultOf(first);
      await messageOf(first, ({ event }) => event?.$case === "chunk" && event.value.outputTokens >= 20);
      const { messages, status } = await client.stream(longRequest({ requestId: "again" }));
      const taken = await firstResult;
      assert.deepEqual([taken.status.code, taken.status.reason], [Status.ABORTED, "TAKEN_OVER"]);
      assert.equal(taken.status.facts.generation_id, status.generationId);
      assert.deepEqual([status.code, textOf(messages)], [Status.OK, OUTPUT]);
      assert.deepEqual(
        messages.map(({ sequence }) => sequence),
        messages.map((_, index) => index + 1),
      );
      assert.equal(messages[0]?.event?.$case, "accepted");
      const [soFar] = chunksOf(messages);
      assert.ok(soFar !== undefined && soFar.tokenCount >= 20);
      const before = taken.messages[0]?.event;
      assert.ok(before?.$case === "accepted" && before.value.generationId === status.generationId);
      const { usage } = completedOf(messages);
      assert.deepEqual([usage?.outputTokens, usage?.deliveredOutputTokens], [OUTPUT_TOKENS, OUTPUT_TOKENS]);
      assert.equal(acceptedTotal(), 1);
    });

    it("passes on what a reader that stands still has not taken, and its credit with it", async () => {
      await start();
      await using still = await openRaw(0);
      await loadWhen(client, ({ parked }) => parked === 1);
      const { messages } = await client.stream(longRequest());
      assert.equal(textOf(messages), OUTPUT);
      assert.equal(chunksOf(messages)[0]?.tokenCount, server.limits.creditPieces);
      still.openWindow(1_000_000);
      assert.equal((await still.ended).grpcStatus, Status.ABORTED);
      await loadWhen(client, ({ slotsBusy }) => slotsBusy === 0);
    });

    it("works between a unary call and a stream, either way", async () => {
      await start({ engine: { stepMs: 2 } });
      const running = (tokens: number) => generationWhen(client, ({ decodedTokens }) => decodedTokens >= tokens);
      const unary = refusalOf(client.generate(longRequest()));
      await running(10);
      const stream = client.generation.generateStream(longRequest());
      const streamed = resultOf(stream);
      await messageOf(stream, ({ event }) => event?.$case === "chunk");
      const last = await client.generate(longRequest());
      assert.equal(last.text, OUTPUT);
      assert.equal(last.effectiveParameters?.delivery, undefined);
      assert.deepEqual([last.usage?.outputTokens, last.usage?.deliveredOutputTokens], [OUTPUT_TOKENS, OUTPUT_TOKENS]);
      assert.deepEqual([(await unary).code, (await streamed).status.code], [Status.ABORTED, Status.ABORTED]);
      const [accepted] = (await streamed).messages;
      assert.ok(accepted?.event?.$case === "accepted");
      assert.notEqual(accepted.event.value.effectiveParameters?.delivery, undefined);
      assert.equal(acceptedTotal(), 1);
    });

    it("tells a repeat its position in the queue as it is", async () => {
      await start({ slots: 1 });
      const holder = client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65]));
      holder.on("error", () => {});
      await loadWhen(client, ({ slotsBusy }) => slotsBusy === 1);
      const first = client.generation.generateStream(longRequest());
      const firstResult = resultOf(first);
      await messageOf(first, ({ event }) => event?.$case === "queued");
      const second = client.generation.generateStream(longRequest());
      const secondResult = resultOf(second);
      const queued = await messageOf(second, ({ event }) => event?.$case === "queued");
      assert.equal(queued.sequence, 2);
      assert.equal((await firstResult).status.reason, "TAKEN_OVER");
      assert.equal(
        (await client.load()).lanes.reduce((sum, { waiting }) => sum + waiting, 0),
        1,
      );
      holder.cancel();
      const { messages } = await secondResult;
      assert.equal(textOf(messages), OUTPUT);
    });

    it("of two calls at once lets one run and the other take over, also while its input is prepared", async () => {
      const prepared = new Deferred<void>();
      await start({
        prepare: async (input) => {
          await prepared.promise;
          return { tokens: Uint32Array.from(input.type === "token_ids" ? input.tokenIds : []) };
        },
      });
      const results = [client.stream(longRequest()), client.stream(longRequest())];
      await generationWhen(client, ({ state }) => state === GenerationState.PREPARING);
      const [loser] = await Promise.race(results.map(async (result) => [await result]));
      assert.deepEqual([loser?.status.code, loser?.messages.length], [Status.ABORTED, 0]);
      prepared.resolve();
      const codes = (await Promise.all(results)).map(({ status }) => status.code);
      assert.deepEqual(codes.sort(), [Status.OK, Status.ABORTED]);
      assert.equal(acceptedTotal(), 1);
    });

    it("ends with its reader of the moment, and with no other", async () => {
      await start();
      await using first = await openRaw(0, longRequest({ requestId: "mine" }));
      await loadWhen(client, ({ parked }) => parked === 1);
      await using second = await openRaw(0);
      await loadWhen(client, ({ parked }) => parked === 1);
      await second.headers;
      first.disconnect();
      await first.ended;
      assert.equal((await generationWhen(client, ({ requestId }) => requestId === "mine")).inputTokens, 4);
      second.cancel();
      const { end } = await endedGeneration(client, "mine");
      assert.equal(end?.$case === "status" && end.value.reason, "CANCELLED");
    });

    it("cannot be taken over once its output is larger than a response may be; its reader stays", async () => {
      await start({ limits: { messageBytes: 1_600 }, engine: { stepMs: 1 } });
      const first = client.generation.generateStream(longRequest({ requestId: "mine" }));
      const firstResult = resultOf(first);
      await messageOf(first, ({ event }) => event?.$case === "chunk" && event.value.outputTokens > 120);
      const refusal = (await client.stream(longRequest())).status;
      assert.deepEqual([refusal.code, refusal.reason], [Status.RESOURCE_EXHAUSTED, "RESPONSE_TOO_LARGE"]);
      const { messages } = await firstResult;
      assert.equal(textOf(messages), OUTPUT);
      const late = await refusalOf(client.generate(longRequest()));
      assert.equal(late.reason, "RESPONSE_TOO_LARGE");
      assert.equal(late.facts.generation_id, late.generationId);
      assert.equal(acceptedTotal(), 1);
    });
  });

  describe("of a call that has completed", () => {
    beforeEach(() => start());

    it("gives a repeat the stored result, whichever of the two methods asks", async () => {
      const output = { tokenIds: true, usage: true, timings: true };
      const request = longRequest({ output });
      const first = await client.stream(request);
      const again = await client.stream({ ...request, requestId: "other" });
      assert.equal(again.status.code, Status.OK);
      assert.deepEqual(
        again.messages.map(({ event }) => event?.$case),
        ["accepted", "chunk", "completed"],
      );
      assert.deepEqual(again.messages[0], first.messages[0]);
      assert.equal(textOf(again.messages), OUTPUT);
      assert.deepEqual(completedOf(again.messages), completedOf(first.messages));
      assert.deepEqual(
        chunksOf(again.messages)[0]?.tokenIds,
        chunksOf(first.messages).flatMap(({ tokenIds }) => tokenIds),
      );
      const unary = await client.generate(request);
      assert.deepEqual([unary.text, unary.usage], [OUTPUT, completedOf(first.messages).usage]);
      assert.equal(acceptedTotal(), 1);
      assert.equal((await client.load()).decodedTokensTotal, OUTPUT_TOKENS);
    });

    it("gives it also while the server takes no new calls", async () => {
      await client.generate(longRequest());
      server.scheduler.closeAdmission();
      assert.equal((await client.generate(longRequest())).text, OUTPUT);
    });

    it("gives it also to a reader that has never taken the end", async () => {
      await using reader = await openRaw(70_000);
      await reader.waitForMessages(4);
      await client.generate(longRequest());
      await using again = await openRaw(0);
      await again.headers;
      again.disconnect();
      assert.equal((await client.generate(longRequest())).text, OUTPUT);
      assert.equal(acceptedTotal(), 1);
    });

    it("is free again after its time", async () => {
      await client.generate(longRequest());
      clock.advance(server.limits.idempotencyAgeMs - 1);
      await client.generate(longRequest());
      assert.equal(acceptedTotal(), 1);
      clock.advance(1);
      await client.generate(longRequest());
      assert.equal(acceptedTotal(), 2);
    });
  });

  describe("of a call that ended otherwise", () => {
    beforeEach(() => start());

    it("is free: after a refusal", async () => {
      const request = promptRequest("long ".repeat(3_000), { idempotencyKey: "key" });
      for (let times = 0; times < 2; times++) {
        assert.equal((await refusalOf(client.generate(request))).reason, "INPUT_TOO_LONG");
      }
      assert.equal((await client.generate(longRequest())).text, OUTPUT);
    });

    it("is free: after an error", async () => {
      const request = tokensRequest([65, SCRIPT.FAIL_PULL], { idempotencyKey: "key" });
      for (let times = 0; times < 2; times++) {
        assert.equal((await client.stream(request)).status.reason, "ENGINE_FAULT");
      }
      assert.equal(acceptedTotal(), 2);
    });

    it("is free: after its client has left", async () => {
      const request = tokensRequest([SCRIPT.CYCLE, 65], { idempotencyKey: "key", requestId: "mine" });
      const stream = client.generation.generateStream(request);
      stream.on("error", () => {});
      await messageOf(stream, ({ event }) => event?.$case === "chunk");
      stream.cancel();
      await endedGeneration(client, "mine");
      assert.equal((await client.generate(longRequest())).text, OUTPUT);
      assert.equal(acceptedTotal(), 2);
    });
  });

  describe("with another request", () => {
    beforeEach(() => start());

    it("is refused, while the first call goes on and after it", async () => {
      await using reader = await openRaw(0);
      await loadWhen(client, ({ parked }) => parked === 1);
      const other = { stopping: { ...NO_STOPS, maxOutputTokens: 1 } };
      const running = await refusalOf(client.generate(longRequest(other)));
      assert.deepEqual([running.code, running.reason], [Status.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED"]);
      reader.openWindow(1_000_000);
      assert.equal((await reader.ended).grpcStatus, Status.OK);
      const messages = reader.messages.map((bytes) => GenerateStreamResponse.decode(bytes));
      assert.equal(textOf(messages), OUTPUT);
      assert.equal((await refusalOf(client.generate(longRequest(other)))).reason, "IDEMPOTENCY_KEY_REUSED");
      assert.equal((await client.load()).refusalsTotal.get("IDEMPOTENCY_KEY_REUSED"), 2);
    });

    it("is not taken for one whose labels come in another order", async () => {
      const labels: [string, string][] = [
        ["a", "1"],
        ["b", "2"],
      ];
      await client.generate(longRequest({ labels: new Map(labels) }));
      await client.generate(longRequest({ labels: new Map(labels.toReversed()) }));
      assert.equal(acceptedTotal(), 1);
      const refusal = await refusalOf(client.generate(longRequest({ labels: new Map([["a", "2"]]) })));
      assert.equal(refusal.reason, "IDEMPOTENCY_KEY_REUSED");
    });

    it("is refused for what is wrong with the request first", async () => {
      const empty = await refusalOf(client.generate(longRequest({ idempotencyKey: "" })));
      assert.deepEqual([empty.code, empty.fields], [Status.INVALID_ARGUMENT, ["idempotency_key"]]);
      const long = await refusalOf(client.generate(longRequest({ idempotencyKey: "ä".repeat(65) })));
      assert.deepEqual(long.fields, ["idempotency_key"]);
    });
  });
});
