import assert from "node:assert/strict";
import {
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Serving,
} from "../../../generated/grpc/health/v1/health.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import { answerOf, messageOf, refusalOf, resultOf, TestClient, tokensRequest } from "../../support/test-client.js";
import { TestServer } from "../../support/test-server.js";

const SERVICES = [
  "rill.v1.GenerationService",
  "rill.v1.ModelService",
  "rill.v1.SessionService",
  "rill.v1.TokenService",
  "rill.v1.ServerService",
] as const;

describe("The health service", () => {
  let server: TestServer;
  let client: TestClient;

  beforeEach(async () => {
    server = await TestServer.start({ slots: 1, limits: { calls: 2, healthWatchers: 2 } });
    client = new TestClient(server.address);
  });

  afterEach(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const check = (service: string): Promise<HealthCheckResponse> =>
    answerOf((settle) => client.health.check({ service }, settle));

  it("knows the process and each of its services, by Check and by List", async () => {
    for (const service of ["", ...SERVICES]) assert.equal((await check(service)).status, Serving.SERVING, service);
    const { statuses } = await answerOf<{ statuses: Map<string, HealthCheckResponse> }>((settle) =>
      client.health.list({}, settle),
    );
    assert.deepEqual([...statuses.keys()].sort(), ["", ...SERVICES].sort());
    assert.ok([...statuses.values()].every(({ status }) => status === Serving.SERVING));
  });

  it("answers NOT_FOUND for a service it does not know, and watches it as unknown", async () => {
    const refusal = await refusalOf(check("no\ud800such"));
    assert.equal(refusal.code, 5);
    const watch = client.health.watch({ service: "no.such" });
    watch.on("error", () => {});
    assert.equal((await messageOf(watch, () => true)).status, Serving.SERVICE_UNKNOWN);
    watch.cancel();
  });

  it("follows the lifecycle, and tells its watchers of each change", async () => {
    const watch = client.health.watch({ service: "rill.v1.GenerationService" });
    watch.on("error", () => {});
    assert.equal((await messageOf(watch, () => true)).status, Serving.SERVING);
    const change = messageOf(watch, ({ status }) => status === Serving.NOT_SERVING);
    server.lifecycle.advance("draining");
    await change;
    assert.equal((await check("")).status, Serving.NOT_SERVING);
    watch.cancel();
  });

  it("answers when every other call is refused, and is not flipped by it", async () => {
    for (const requestId of ["one", "two"]) {
      const stream = client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65], { requestId }));
      stream.on("error", () => {});
      await messageOf(stream, () => true);
    }
    assert.equal((await refusalOf(client.load())).reason, "TOO_MANY_CALLS");
    assert.equal((await check("")).status, Serving.SERVING);
  });

  it("bounds its watchers, and gives the place of one that left to another", async () => {
    const watches = [0, 1].map(() => client.health.watch({ service: "" }));
    for (const watch of watches) {
      watch.on("error", () => {});
      await messageOf(watch, () => true);
    }
    const { status } = await resultOf(client.health.watch({ service: "" }));
    assert.deepEqual([status.code, status.reason], [8, "TOO_MANY_WATCHERS"]);
    const left = resultOf(watches[0] ?? client.health.watch({ service: "" }));
    watches[0]?.cancel();
    await left;
    for (;;) {
      const watch = client.health.watch({ service: "" });
      const first = await messageOf(watch, () => true).catch(() => undefined);
      watch.on("error", () => {});
      if (first?.status === Serving.SERVING) break;
    }
  });

  it("ends its watches with DRAINING when the server asks, and every later one at once", async () => {
    const watch = client.health.watch({ service: "" });
    const ended = resultOf(watch);
    await messageOf(watch, () => true);
    server.rpc.endWatches();
    assert.deepEqual([(await ended).status.code, (await ended).status.reason], [14, "DRAINING"]);
    const late = await resultOf(client.health.watch({ service: "" }));
    assert.deepEqual([late.status.reason, late.messages.length], ["DRAINING", 0]);
  });
});

describe("An address for health alone", () => {
  it("serves health until the server is closed, and nothing else, and counts its connections with the others", async () => {
    await using server = await TestServer.start({ healthListen: "127.0.0.1:0" });
    const { healthAddress = "" } = server.rpc;
    using client = new TestClient(healthAddress);
    const health = await answerOf<HealthCheckResponse>((settle) => client.health.check({ service: "" }, settle));
    assert.equal(health.status, Serving.SERVING);
    assert.equal((await refusalOf(client.load())).code, 12);
    assert.equal((await resultOf(client.generation.generateStream(tokensRequest([1])))).status.code, 12);
    assert.equal(server.rpc.connections.open, 1);
    const watch = resultOf(client.health.watch({ service: "" }));
    await server.rpc.shutdown(1_000);
    assert.equal((await watch).status.code, 14);
    assert.equal(server.rpc.connections.open, 0);
  });
});
