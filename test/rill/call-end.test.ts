import assert from "node:assert/strict";
import { CancelMode, GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { FinishReason } from "../../generated/rill/v1/finish.js";
import { GenerationState } from "../../generated/rill/v1/generation_state.js";
import { Deferred } from "../../src/sync/deferred.js";
import { onAbort } from "../../src/sync/abort.js";
import { completedOf } from "../support/generation-text.js";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { rawStatusDetails } from "../support/status-details.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { messageOf, resultOf, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

/** The prepare of this file's server holds a prompt that begins with it for ever. */
const STUCK_TOKEN = 59_999;

/** Where a call can be when it ends, and the request that gets it there on a server of one slow slot. */
const STAGES: readonly {
  name: string;
  state: GenerationState;
  ids: number[];
  windowBytes?: number;
  slotTaken?: boolean;
}[] = [
  { name: "while its input is prepared", state: GenerationState.PREPARING, ids: [STUCK_TOKEN] },
  { name: "in the queue", state: GenerationState.WAITING, ids: [65], slotTaken: true },
  {
    name: "while its prompt is read in",
    state: GenerationState.PREFILLING,
    ids: Array.from({ length: 1_500 }, () => 65),
  },
  { name: "while it decodes", state: GenerationState.RUNNING, ids: [SCRIPT.CYCLE, 65] },
  { name: "parked behind a shut window", state: GenerationState.PARKED, ids: [SCRIPT.CYCLE, 65], windowBytes: 0 },
];

const ENDS = [
  { name: "a cancel", metadata: {}, act: (reader: RawHttp2Reader) => reader.cancel() },
  { name: "a lost connection", metadata: {}, act: (reader: RawHttp2Reader) => reader.disconnect() },
  { name: "a deadline", metadata: { "grpc-timeout": "400m" }, act: () => {} },
] as const;

describe("The end of a call", () => {
  let server: TestServer;
  let client: TestClient;

  before(async () => {
    server = await TestServer.start({
      slots: 1,
      limits: { creditPieces: 8 },
      engine: { stepMs: 20, prefillTokensPerStep: 64 },
      prepare: async (input, { signal }) => {
        if (input.type === "token_ids" && input.tokenIds[0] !== STUCK_TOKEN) {
          return { tokens: Uint32Array.from(input.tokenIds) };
        }
        const never = new Deferred<never>();
        using _abort = onAbort(signal, never.reject);
        return await never.promise;
      },
    });
    client = new TestClient(server.address);
  });

  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const open = (
    requestId: string,
    ids: readonly number[],
    {
      fields,
      ...rest
    }: { fields?: { idempotencyKey: string }; windowBytes?: number; metadata?: Record<string, string> } = {},
  ): Promise<RawHttp2Reader> =>
    RawHttp2Reader.open({
      address: server.address,
      method: "rill.v1.GenerationService/GenerateStream",
      request: GenerateStreamRequest.encode(tokensRequest([...ids], { requestId, ...fields })).finish(),
      ...rest,
    });

  for (const { name, state, ids, windowBytes, slotTaken = false } of STAGES) {
    for (const end of ENDS) {
      it(`frees all that a call held when ${end.name} meets it ${name}`, async () => {
        const neighbour = slotTaken ? await open("neighbour", [SCRIPT.CYCLE, 66]) : undefined;
        await loadWhen(client, ({ slotsBusy }) => slotsBusy === (slotTaken ? 1 : 0));
        const windows = windowBytes === undefined ? {} : { windowBytes };
        // With a key: such a call is not refused at once for a deadline that it can't meet.
        const fields = { idempotencyKey: `${end.name} ${name}` };
        await using reader = await open("ending", ids, { fields, ...windows, metadata: end.metadata });
        await generationWhen(client, (found) => found.requestId === "ending" && found.state === state);
        end.act(reader);
        const freed = await loadWhen(client, ({ generations }) =>
          generations.every(({ requestId }) => requestId !== "ending"),
        );
        assert.equal(
          freed.lanes.reduce((sum, { waiting }) => sum + waiting, 0),
          0,
        );
        if (end.name === "a deadline" && windowBytes === undefined) {
          const { code, reason } = rawStatusDetails(await reader.ended);
          assert.deepEqual([code, reason], [4, "DEADLINE_EXCEEDED"]);
        }
        neighbour?.cancel();
        await loadWhen(client, ({ slotsBusy }) => slotsBusy === 0);
        await neighbour?.[Symbol.asyncDispose]();
      });
    }
  }

  it("is a status of the server's where CancelGeneration cut it off, by either name", async () => {
    for (const by of ["generationId", "requestId"] as const) {
      const stream = client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65], { requestId: by }));
      const result = resultOf(stream);
      const first = await messageOf(stream, ({ event }) => event?.$case === "chunk");
      assert.ok(first.sequence > 1);
      const { generationId } = await generationWhen(client, ({ requestId }) => requestId === by);
      const value = by === "generationId" ? generationId : by;
      const met = await client.cancel({ target: { $case: by, value } });
      assert.equal(met.generationId, generationId);
      assert.equal(met.state, GenerationState.RUNNING);
      const { status, messages } = await result;
      assert.deepEqual([status.code, status.reason, status.generationId], [10, "CANCELLED_BY_REQUEST", generationId]);
      assert.ok(messages.every(({ event }) => event?.$case !== "completed"));
    }
  });

  it("is a proper one where CancelGeneration asked softly", async () => {
    const stream = client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65], { requestId: "soft" }));
    const result = resultOf(stream);
    await messageOf(stream, ({ event }) => event?.$case === "chunk");
    await client.cancel({ target: { $case: "requestId", value: "soft" }, mode: CancelMode.SOFT });
    const { messages, status } = await result;
    assert.equal(status.code, 0);
    const { finishReason, usage } = completedOf(messages);
    assert.equal(finishReason, FinishReason.CANCELLED_SOFTLY);
    assert.equal(usage?.outputTokens, usage?.deliveredOutputTokens);
  });

  it("frees the slot of a unary call whose client leaves", async () => {
    const call = client.generation.generate(tokensRequest([SCRIPT.CYCLE, 65], { requestId: "unary" }), () => {});
    await generationWhen(client, ({ requestId, state }) => requestId === "unary" && state === GenerationState.RUNNING);
    call.cancel();
    await loadWhen(client, ({ slotsBusy, generations }) => slotsBusy === 0 && generations.length === 0);
  });
});
