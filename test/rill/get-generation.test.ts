import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { FinishReason } from "../../generated/rill/v1/finish.js";
import type { Generation } from "../../generated/rill/v1/generation.js";
import { GenerateStreamRequest, GenerateStreamResponse } from "../../generated/rill/v1/generation_service.js";
import { GenerationState } from "../../generated/rill/v1/generation_state.js";
import { Lane } from "../../generated/rill/v1/scheduling.js";
import { chunksOf, completedOf } from "../support/generation-text.js";
import { endedGeneration, knownWhen } from "../support/ledger-watch.js";
import { generationWhen } from "../support/load-watch.js";
import { ManualClock } from "../support/manual-clock.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { rawStatusDetails } from "../support/status-details.js";
import { messageOf, promptRequest, refusalOf, resultOf, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const ENDLESS = [SCRIPT.CYCLE, 65];

describe("GetGeneration", () => {
  let clock: ManualClock;
  let server: TestServer;
  let client: TestClient;

  beforeEach(async () => {
    clock = new ManualClock();
    server = await TestServer.start({ clock, limits: { ledgerEntries: 3 } });
    client = new TestClient(server.address);
  });

  afterEach(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const named = (requestId: string): Promise<Generation> => client.known({ $case: "requestId", value: requestId });

  const openRaw = (
    requestId: string,
    options: { windowBytes?: number; metadata?: Record<string, string> } = {},
  ): Promise<RawHttp2Reader> =>
    RawHttp2Reader.open({
      address: server.address,
      method: "rill.v1.GenerationService/GenerateStream",
      request: GenerateStreamRequest.encode(tokensRequest(ENDLESS, { requestId })).finish(),
      ...options,
    });

  /** Until it is parked and its reader takes nothing while another generation runs. */
  const standsStill = async (requestId: string): Promise<void> => {
    for (let delivered = -1; ;) {
      await client.generate(promptRequest("neighbour"));
      const { state, usage } = await named(requestId);
      if (state === GenerationState.PARKED && usage?.deliveredOutputTokens === delivered) return;
      delivered = usage?.deliveredOutputTokens ?? -1;
    }
  };

  /** Reads on, to the status, and gives the output tokens of the chunks that came. */
  const tokensRead = async (reader: RawHttp2Reader): Promise<number> => {
    reader.openWindow(1_000_000);
    await reader.ended;
    const chunks = chunksOf(reader.messages.map((bytes) => GenerateStreamResponse.decode(bytes)));
    return chunks.reduce((sum, { tokenCount }) => sum + tokenCount, 0);
  };

  it("tells of one that goes on, by either name", async () => {
    const before = Date.now();
    await using _reader = await openRaw("mine", { windowBytes: 0 });
    const parked = await knownWhen(
      client,
      { $case: "requestId", value: "mine" },
      ({ state }) => state === GenerationState.PARKED,
    );
    assert.deepEqual([parked.end, parked.endedTime, parked.lane], [undefined, undefined, Lane.INTERACTIVE]);
    assert.deepEqual([parked.usage?.inputTokens, parked.usage?.deliveredOutputTokens], [2, 0]);
    assert.equal(parked.usage?.undeliveredOutputTokens, server.limits.creditPieces);
    assert.equal(parked.modelDigest, server.model.digest);
    const createdMs = (parked.createdTime?.seconds ?? 0) * 1_000 + (parked.createdTime?.nanos ?? 0) / 1e6;
    assert.ok(createdMs >= before - 1 && createdMs <= Date.now() + 1);
    assert.deepEqual(await client.known({ $case: "generationId", value: parked.generationId }), parked);
  });

  it("tells of one that came to its proper end what its reader was told", async () => {
    const labels = new Map([["team", "red"]]);
    const { messages } = await client.stream(
      promptRequest("once", { requestId: "mine", labels, sampling: { seed: 11, logitBias: [] } }),
    );
    const completed = completedOf(messages);
    const generation = await named("mine");
    assert.deepEqual([generation.requestId, generation.state], ["mine", GenerationState.ENDED]);
    assert.deepEqual(generation.end, { $case: "finishReason", value: FinishReason.END_OF_TURN });
    assert.deepEqual(generation.usage, completed.usage);
    assert.deepEqual(generation.timings, completed.timings);
    assert.deepEqual([...generation.labels], [["team", "red"]]);
    assert.equal(generation.seed, 11);
    assert.ok(generation.endedTime !== undefined);
  });

  it("tells of one that its client cancelled", async () => {
    const stream = client.generation.generateStream(tokensRequest(ENDLESS, { requestId: "mine" }));
    stream.on("error", () => {});
    await messageOf(stream, ({ event }) => event?.$case === "chunk");
    stream.cancel();
    const { end, usage } = await endedGeneration(client, "mine");
    assert.equal(end?.$case, "status");
    assert.deepEqual([end.value.code, end.value.reason], [Status.CANCELLED, "CANCELLED"]);
    assert.ok(usage !== undefined && usage.deliveredOutputTokens > 0);
    assert.equal(usage.deliveredOutputTokens + usage.undeliveredOutputTokens, usage.outputTokens);
  });

  it("counts for a unary call as delivered what was in its answer, and nothing without one", async () => {
    const call = client.generation.generate(tokensRequest(ENDLESS, { requestId: "left" }), () => {});
    await generationWhen(client, ({ requestId, decodedTokens }) => requestId === "left" && decodedTokens > 0);
    call.cancel();
    const left = await endedGeneration(client, "left");
    assert.equal(left.usage?.deliveredOutputTokens, 0);
    const { usage } = await client.generate(promptRequest("whole", { requestId: "whole" }));
    assert.equal(usage?.deliveredOutputTokens, 5);
    assert.deepEqual((await named("whole")).usage, usage);
  });

  it("counts what a reader takes of the message in flight after its deadline has passed", async () => {
    await using reader = await openRaw("mine", { windowBytes: 0, metadata: { "grpc-timeout": "300m" } });
    const ended = await endedGeneration(client, "mine");
    assert.equal(ended.end?.$case, "status");
    assert.deepEqual([ended.end.value.code, ended.end.value.reason], [Status.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"]);
    assert.deepEqual([ended.usage?.deliveredOutputTokens, ended.usage?.outputTokens], [0, 32]);
    // What is in flight is `accepted`: no token is in it.
    assert.equal(await tokensRead(reader), 0);
    assert.equal((await named("mine")).usage?.deliveredOutputTokens, 0);
  });

  it("counts what a slow reader takes within the grace, of the chunk that was in flight", async () => {
    await using reader = await openRaw("mine", { windowBytes: 300 });
    await reader.waitForMessages(3);
    reader.pause();
    await standsStill("mine");
    clock.advance(server.limits.slowReaderStallMs);
    const before = await endedGeneration(client, "mine");
    assert.equal(before.end?.$case === "status" && before.end.value.reason, "SLOW_READER");
    reader.resume();
    const read = await tokensRead(reader);
    assert.equal(rawStatusDetails(await reader.ended).reason, "SLOW_READER");
    await client.load();
    const after = await named("mine");
    assert.equal(after.usage?.deliveredOutputTokens, read);
    assert.ok(read > (before.usage?.deliveredOutputTokens ?? 0), "nothing was in flight");
    assert.equal(after.usage.outputTokens, before.usage?.outputTokens);
  });

  it("knows nothing of a call that was refused, whose request id is free", async () => {
    const status = await refusalOf(client.generate(promptRequest("long ".repeat(3_000), { requestId: "mine" })));
    assert.match(status.generationId ?? "", /^gen_/);
    const refusal = await refusalOf(named("mine"));
    assert.deepEqual([refusal.code, refusal.reason], [Status.NOT_FOUND, "GENERATION_NOT_FOUND"]);
    assert.equal((await client.generate(promptRequest("short", { requestId: "mine" }))).text, "short");
  });

  it("names the newest by a request id that was used again after its end", async () => {
    const first = await client.generate(promptRequest("one", { requestId: "mine" }));
    const second = await client.generate(promptRequest("two", { requestId: "mine" }));
    assert.notEqual(first.generationId, second.generationId);
    assert.equal((await named("mine")).generationId, second.generationId);
    const stream = client.generation.generateStream(tokensRequest(ENDLESS, { requestId: "mine" }));
    const result = resultOf(stream);
    await messageOf(stream, () => true);
    assert.equal((await named("mine")).end, undefined);
    const again = await refusalOf(client.generate(promptRequest("a", { requestId: "mine" })));
    assert.deepEqual([again.code, again.reason], [Status.ALREADY_EXISTS, "REQUEST_ID_IN_USE"]);
    stream.cancel();
    await result;
  });

  it("forgets the oldest once there are too many, and each after its time", async () => {
    for (const requestId of ["a", "b", "c", "d"]) await client.generate(promptRequest("x", { requestId }));
    assert.equal((await refusalOf(named("a"))).reason, "GENERATION_NOT_FOUND");
    assert.equal((await named("b")).requestId, "b");
    clock.advance(server.limits.ledgerAgeMs);
    assert.equal((await refusalOf(named("d"))).reason, "GENERATION_NOT_FOUND");
  });

  it("refuses a request without a target, and names that are too long", async () => {
    const get = client.generation.getGeneration.bind(client.generation);
    const missing = await refusalOf(new Promise((_, reject) => get({}, reject)));
    assert.deepEqual([missing.code, missing.fields], [Status.INVALID_ARGUMENT, ["target"]]);
    const long = await refusalOf(client.known({ $case: "generationId", value: "x".repeat(129) }));
    assert.deepEqual(long.fields, ["generation_id"]);
  });
});
