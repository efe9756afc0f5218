import assert from "node:assert/strict";
import { GenerationState } from "../../../generated/rill/v1/generation_state.js";
import { LifecycleState } from "../../../generated/rill/v1/load.js";
import { Lane } from "../../../generated/rill/v1/scheduling.js";
import type { GetServerInfoResponse, WatchLoadResponse } from "../../../generated/rill/v1/server_service.js";
import { generationWhen, loadWhen } from "../../support/load-watch.js";
import { ManualClock } from "../../support/manual-clock.js";
import { RawHttp2Reader } from "../../support/raw-http2-reader.js";
import { rawStatusDetails } from "../../support/status-details.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import {
  answerOf,
  messageOf,
  promptRequest,
  refusalOf,
  resultOf,
  TestClient,
  tokensRequest,
} from "../../support/test-client.js";
import { TestServer } from "../../support/test-server.js";

describe("The server service", () => {
  let clock: ManualClock;
  let server: TestServer;
  let client: TestClient;

  beforeEach(async () => {
    clock = new ManualClock();
    server = await TestServer.start({ clock, slots: 1, engine: { sequences: 2 }, limits: { loadWatchers: 1 } });
    client = new TestClient(server.address);
  });

  afterEach(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  it("describes the server and every limit in force", async () => {
    const { serverInfo } = await answerOf<GetServerInfoResponse>((settle) => client.server.getServerInfo({}, settle));
    assert.ok(serverInfo?.limits !== undefined);
    assert.deepEqual(
      [serverInfo.version, serverInfo.nodeVersion, serverInfo.llamaCppRelease],
      ["0.0.0-test", process.versions.node, "scripted"],
    );
    assert.deepEqual([serverInfo.slots, serverInfo.contextTokens, serverInfo.threads], [1, 2_048, 1]);
    const ageSeconds = Date.now() / 1_000 - (serverInfo.startTime?.seconds ?? 0);
    assert.ok(ageSeconds >= 0 && ageSeconds <= process.uptime() + 2);
    const { limits } = serverInfo;
    assert.deepEqual([limits.maxRequestBytes, limits.maxLoadWatchers, limits.maxWaitingPerLane], [4_194_304, 1, 4]);
    assert.deepEqual([limits.slowReaderStall?.seconds, limits.creditWindowPieces], [30, 32]);
    assert.deepEqual([limits.maxConnections, limits.maxConnectionAgeGrace?.seconds], [4_096, 600]);
    for (const [name, value] of Object.entries(limits)) assert.notEqual(value, undefined, name);
  });

  it("counts what was refused before it was scheduled, by reason", async () => {
    await refusalOf(client.generate(promptRequest("")));
    await refusalOf(client.generate(promptRequest("a", { sampling: { logitBias: [], temperature: 9 } })));
    await refusalOf(client.generate(promptRequest("long ".repeat(3_000))));
    const { refusalsTotal } = await client.load();
    assert.deepEqual(Object.fromEntries(refusalsTotal), { INVALID_REQUEST: 2, INPUT_TOO_LONG: 1 });
  });

  it("shows each generation with its state, lane and tokens", async () => {
    const running = client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65], { requestId: "running" }));
    running.on("error", () => {});
    await generationWhen(client, ({ requestId, decodedTokens }) => requestId === "running" && decodedTokens > 0);
    const waiting = client.generate(promptRequest("later", { requestId: "waiting" }));
    const load = await loadWhen(client, ({ generations }) =>
      generations.some(({ state }) => state === GenerationState.WAITING),
    );
    assert.equal(load.state, LifecycleState.SERVING);
    assert.deepEqual([load.slotsBusy, load.slotsTotal], [1, 1]);
    assert.deepEqual(
      load.lanes.map(({ lane, waiting: count, capacity }) => [lane, count, capacity]),
      [
        [Lane.INTERACTIVE, 0, 4],
        [Lane.BATCH, 1, 4],
      ],
    );
    assert.deepEqual(
      load.generations.map(({ requestId, lane, inputTokens }) => [requestId, lane, inputTokens]),
      [
        ["running", Lane.INTERACTIVE, 2],
        ["waiting", Lane.BATCH, 4],
      ],
    );
    running.cancel();
    assert.equal((await waiting).text, "later");
    const after = await client.load();
    assert.ok(after.decodedTokensTotal >= 4 && after.prefilledTokensTotal >= 4);
  });

  it("counts what it refused, by reason", async () => {
    await refusalOf(client.cancel({ target: { $case: "requestId", value: "none" } }));
    server.scheduler.closeAdmission();
    await refusalOf(client.generate(promptRequest("a")));
    assert.equal((await client.load()).refusalsTotal.get("DRAINING"), 1);
  });

  it("reports the load at once and at every interval", async () => {
    const watch = client.server.watchLoad({ interval: { seconds: 5, nanos: 0 } });
    watch.on("error", () => {});
    await messageOf(watch, () => true);
    let reports = 0;
    watch.on("data", () => reports++);
    let passedMs = 0;
    for (; reports === 0; passedMs += 1_000) {
      clock.advance(1_000);
      await client.load();
    }
    assert.ok(passedMs >= 5_000);
    watch.cancel();
  });

  it("bounds its watchers, and ends them with DRAINING", async () => {
    const watch = client.server.watchLoad({});
    const ended = resultOf<WatchLoadResponse>(watch);
    await messageOf(watch, () => true);
    assert.equal((await resultOf(client.server.watchLoad({}))).status.reason, "TOO_MANY_WATCHERS");
    server.rpc.endWatches();
    assert.equal((await ended).status.reason, "DRAINING");
  });

  const openUnread = (): Promise<RawHttp2Reader> =>
    RawHttp2Reader.open({
      address: server.address,
      method: "rill.v1.ServerService/WatchLoad",
      request: new Uint8Array(),
      windowBytes: 0,
    });

  it("keeps no reports for a watcher that is behind: it gets the one on its way, and the latest", async () => {
    await using reader = await openUnread();
    await reader.headers;
    clock.advance(10_000);
    reader.openWindow(100_000);
    await reader.waitForMessages(2);
    await client.load();
    assert.equal(reader.messageCount, 2);
  });

  it("ends a watcher that does not read at all", async () => {
    await using reader = await openUnread();
    await reader.headers;
    clock.advance(server.limits.slowReaderStallMs);
    reader.openWindow(100_000);
    assert.equal(rawStatusDetails(await reader.ended).reason, "SLOW_READER");
  });
});
