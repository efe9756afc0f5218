import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { HealthCheckResponse_ServingStatus } from "../../generated/grpc/health/v1/health.js";
import { promptRequest, TestClient } from "../support/test-client.js";
import { createTinyModel } from "../support/tiny-model.js";
import { ServerChild } from "../support/server-child.js";

describe("rill serve, when its engine fails", () => {
  let folder = "";
  let model = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-serve-failure-"));
    model = await createTinyModel(folder);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const launch = (fault: string, flags: Readonly<Record<string, string>> = {}): ServerChild => {
    const common = {
      model,
      "model-cache": join(folder, "cache"),
      listen: "127.0.0.1:0",
      "admin-listen": "127.0.0.1:0",
    };
    return ServerChild.launchFaulty(fault, { ...common, slots: "2", ...flags });
  };

  it("ends running calls with ENGINE_LOST, says NOT_SERVING, and exits with 1", async () => {
    await using server = launch("die");
    const { address } = await server.ready();
    using client = new TestClient(address);
    const seen: number[] = [];
    const watch = client.health.watch({ service: "" });
    watch.on("data", ({ status }: { readonly status: number }) => seen.push(status)).on("error", () => {});
    await once(watch, "data");
    const { messages, status: end } = await client.stream(promptRequest("Once upon a time"));
    assert.ok(messages.length > 0);
    assert.deepEqual([end.code, end.reason, end.domain], [status.UNAVAILABLE, "ENGINE_LOST", "rill.v1"]);
    assert.deepEqual(await server.exited, { code: 1, signal: null });
    assert.equal(seen.at(-1), HealthCheckResponse_ServingStatus.NOT_SERVING);
    const lost = await server.logged("the engine is lost");
    assert.equal(lost.level, "error");
  });

  it("gives an engine up that fails in every call, and says what was seen", async () => {
    await using server = launch("fail", { "max-engine-faults": "3" });
    const { address } = await server.ready();
    using client = new TestClient(address);
    const seen: number[] = [];
    const watch = client.health.watch({ service: "" });
    watch.on("data", ({ status }: { readonly status: number }) => seen.push(status)).on("error", () => {});
    await once(watch, "data");
    await appendFile(model, "more");
    for (let call = 1; call <= 3; call++) {
      const { status: end } = await client.stream(promptRequest("Once upon a time"));
      assert.deepEqual([end.code, end.reason], [status.INTERNAL, "ENGINE_FAULT"]);
    }
    assert.deepEqual(await server.exited, { code: 1, signal: null });
    assert.equal(seen.at(-1), HealthCheckResponse_ServingStatus.NOT_SERVING);
    const lost = await server.logged("the engine is lost");
    assert.match(
      JSON.stringify(lost.err),
      /the engine failed in 3 generations in a row, and then in a check of its own: the script says fail/,
    );
    assert.equal((await server.logged("the model's file was overwritten while it was in use")).path, model);
  });

  it("finds a step that hangs in native code, ends its calls, and kills itself", async () => {
    await using server = launch("hang", { "step-limit": "1s" });
    const { address } = await server.ready();
    using client = new TestClient(address);
    const { status: end } = await client.stream(promptRequest("Once upon a time"));
    assert.deepEqual([end.code, end.reason], [status.UNAVAILABLE, "ENGINE_LOST"]);
    assert.deepEqual(await server.exited, { code: null, signal: "SIGKILL" });
    assert.ok(await server.logged("a worker hangs in native code: the process kills itself"));
  });

  describe("or is not there yet", () => {
    /** What lets the worker get ready. */
    const gate = createServer();
    let port = 0;
    before(async () => {
      await once(gate.listen(0, "127.0.0.1"), "listening");
      ({ port } = gate.address() as AddressInfo);
    });
    after(() => gate.close());

    const launchHeld = async (): Promise<{ server: ServerChild; address: string; knock: Socket }> => {
      const listen = await freeAddress();
      const server = launch(`held=${port}`, { listen });
      const [knock] = (await once(gate, "connection")) as [Socket];
      return { server, address: listen, knock };
    };

    it("refuses calls with STARTING and says NOT_SERVING, until it is", async () => {
      const { server, address, knock } = await launchHeld();
      await using _server = server;
      using client = new TestClient(address);
      const { status: refused } = await client.stream(promptRequest("a"));
      assert.deepEqual([refused.code, refused.reason], [status.UNAVAILABLE, "STARTING"]);
      const watch = client.health.watch({ service: "" }).on("error", () => {});
      const [first] = (await once(watch, "data")) as [{ readonly status: number }];
      assert.equal(first.status, HealthCheckResponse_ServingStatus.NOT_SERVING);
      const next = once(watch, "data") as Promise<[{ readonly status: number }]>;
      knock.end();
      const [{ status: now }] = await next;
      assert.equal(now, HealthCheckResponse_ServingStatus.SERVING);
      watch.cancel();
    });

    it("ends at a signal with nothing served: 130 for SIGINT, 0 for SIGTERM", async () => {
      for (const [signal, code] of [
        ["SIGINT", 130],
        ["SIGTERM", 0],
      ] as const) {
        const { server, knock } = await launchHeld();
        await using _server = server;
        server.kill(signal);
        knock.end();
        assert.deepEqual(await server.exited, { code, signal: null });
      }
    });

    it("says at a signal that it loads the model first, and ends at once at the second", async () => {
      const { server, knock } = await launchHeld();
      await using _server = server;
      server.kill("SIGTERM");
      await server.told(/^stopping when the model is loaded; a second signal ends at once$/m);
      server.kill("SIGTERM");
      assert.deepEqual(await server.exited, { code: null, signal: "SIGTERM" });
      knock.destroy();
    });

    it("does not fail at a signal that ends the load too, as systemd sends it to all processes of a service", async () => {
      const { server, knock } = await launchHeld();
      await using _server = server;
      server.kill("SIGTERM");
      await server.told(/^stopping when the model is loaded/m);
      knock.resetAndDestroy();
      assert.deepEqual(await server.exited, { code: 0, signal: null });
      const interrupted = await server.logged("the start was interrupted");
      assert.equal(interrupted.level, "info");
    });
  });
});

/** Free a moment ago, and again by the time the server asks for it. */
async function freeAddress(): Promise<string> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return `127.0.0.1:${port}`;
}
