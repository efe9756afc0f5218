import assert from "node:assert/strict";
import { constants } from "node:http2";
import { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { GenerationState } from "../../generated/rill/v1/generation_state.js";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { ManualClock } from "../support/manual-clock.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { rawStatusDetails } from "../support/status-details.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const STALL_MS = 30_000;
const GRACE_MS = 2_000;

describe("A reader that is too slow", () => {
  let clock: ManualClock;
  let server: TestServer;
  let client: TestClient;

  beforeEach(async () => {
    clock = new ManualClock();
    server = await TestServer.start({ clock });
    client = new TestClient(server.address);
  });

  afterEach(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  /** A reader whose window is shut, and whose generation is parked for it. */
  const openStalled = async (fields: Partial<GenerateStreamRequest> = {}): Promise<RawHttp2Reader> => {
    const request = tokensRequest([SCRIPT.CYCLE, 65, 66, 67], { requestId: "stalled", ...fields });
    const reader = await RawHttp2Reader.open({
      address: server.address,
      method: "rill.v1.GenerationService/GenerateStream",
      request: GenerateStreamRequest.encode(request).finish(),
      windowBytes: 0,
    });
    await generationWhen(client, ({ requestId, state }) => requestId === "stalled" && state === GenerationState.PARKED);
    return reader;
  };

  const slotIsFree = async (): Promise<void> => {
    await loadWhen(client, ({ slotsBusy, generations }) => slotsBusy === 0 && generations.length === 0);
  };

  it("keeps its slot up to the limit", async () => {
    await using reader = await openStalled();
    clock.advance(STALL_MS - 1);
    assert.equal((await client.load()).slotsBusy, 1);
    assert.equal(reader.messageCount, 0);
  });

  it("loses its slot at the limit, and learns why when it reads on within the grace", async () => {
    await using reader = await openStalled();
    clock.advance(STALL_MS);
    await slotIsFree();
    clock.advance(GRACE_MS - 1);
    reader.openWindow(1_000_000);
    const end = await reader.ended;
    const { code, reason, facts } = rawStatusDetails(end);
    assert.deepEqual([code, reason, facts.limit_ms], [8, "SLOW_READER", String(STALL_MS)]);
    assert.match(String(end.trailers["x-rill-generation-id"]), /\S/);
  });

  it("is not held to account for the time in which the server's process was stopped", async () => {
    await using reader = await openStalled();
    clock.advance(STALL_MS / 2);
    clock.pause(3_600_000);
    assert.equal((await client.load()).slotsBusy, 1);
    clock.advance(STALL_MS / 4);
    assert.equal((await client.load()).slotsBusy, 1);
    clock.advance(STALL_MS / 4);
    await slotIsFree();
    clock.pause(3_600_000);
    reader.openWindow(1_000_000);
    const { code, reason } = rawStatusDetails(await reader.ended);
    assert.deepEqual([code, reason], [8, "SLOW_READER"]);
  });

  it("has its stream reset after the grace when it does not read on", async () => {
    await using reader = await openStalled();
    clock.advance(STALL_MS);
    await slotIsFree();
    clock.advance(GRACE_MS);
    const { grpcStatus, resetCode } = await reader.ended;
    assert.deepEqual([grpcStatus, resetCode], [undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM]);
  });

  it("goes by its own limit where it gave one", async () => {
    await using reader = await openStalled({ delivery: { slowReaderLimit: { seconds: 120, nanos: 0 } } });
    clock.advance(119_999);
    assert.equal((await client.load()).slotsBusy, 1);
    clock.advance(1);
    await slotIsFree();
    assert.equal(reader.messageCount, 0);
  });

  it("does not keep a stream open whose deadline passed behind its shut window", async () => {
    await using reader = await RawHttp2Reader.open({
      address: server.address,
      method: "rill.v1.GenerationService/GenerateStream",
      request: GenerateStreamRequest.encode(tokensRequest([SCRIPT.CYCLE, 65])).finish(),
      windowBytes: 0,
      metadata: { "grpc-timeout": "300m" },
    });
    await loadWhen(client, ({ parked }) => parked === 1);
    await slotIsFree();
    clock.advance(GRACE_MS);
    const { grpcStatus, resetCode } = await reader.ended;
    assert.deepEqual([grpcStatus, resetCode], [undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM]);
  });

  it("does not keep a stream open whose generation somebody else cancelled", async () => {
    await using reader = await openStalled();
    await client.cancel({ target: { $case: "requestId", value: "stalled" } });
    await slotIsFree();
    clock.advance(GRACE_MS);
    const { grpcStatus, resetCode } = await reader.ended;
    assert.deepEqual([grpcStatus, resetCode], [undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM]);
  });

  it("learns within the grace that somebody else cancelled its generation", async () => {
    await using reader = await openStalled();
    await client.cancel({ target: { $case: "requestId", value: "stalled" } });
    await slotIsFree();
    clock.advance(GRACE_MS - 1);
    reader.openWindow(1_000_000);
    const { code, reason } = rawStatusDetails(await reader.ended);
    assert.deepEqual([code, reason], [10, "CANCELLED_BY_REQUEST"]);
  });

  it("is reset when it never takes the answer of a unary call", async () => {
    await using reader = await RawHttp2Reader.open({
      address: server.address,
      method: "rill.v1.ServerService/GetServerInfo",
      request: new Uint8Array(),
      windowBytes: 0,
    });
    await reader.headers;
    clock.advance(STALL_MS);
    assert.equal((await reader.ended).resetCode, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
});
