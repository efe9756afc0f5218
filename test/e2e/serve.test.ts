import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { decodeStreamMessage, encodeRequest, RuntimeClient } from "../support/runtime-client.js";
import { rawStatusDetails } from "../support/status-details.js";
import { createTinyModel } from "../support/tiny-model.js";
import { ServerChild } from "../support/server-child.js";

const GENERATE_STREAM = "rill.v1.GenerationService/GenerateStream";

/** Long enough not to end while its reader holds it up with a small window. */
const LONG_RUN = {
  prompt: "Once upon a time",
  stopping: { max_output_tokens: 500, ignore_end_of_generation: true },
};

describe("rill serve", function () {
  // Each test starts a server or two, and each of these loads the model.
  this.timeout(60_000);
  let folder = "";
  let model = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-serve-"));
    model = await createTinyModel(folder);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const launch = (...flags: string[]): ServerChild => {
    const common = ["--model", model, "--model-cache", join(folder, "cache"), "--slots", "2", "--threads", "1"];
    return ServerChild.launch([...common, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", ...flags]);
  };

  const healthOf = async (client: RuntimeClient): Promise<string> => {
    const answer = (await client.unary("grpc.health.v1.Health/Check", {})) as { readonly status: string };
    return answer.status;
  };

  it("serves the model that it was given, and says where", async () => {
    await using server = launch();
    const { address, adminAddress } = await server.ready();
    using client = new RuntimeClient(address);
    assert.equal(await healthOf(client), "SERVING");
    const answer = (await client.unary("rill.v1.GenerationService/Generate", {
      prompt: "Once upon a time",
      stopping: { max_output_tokens: 8, ignore_end_of_generation: true },
    })) as { readonly usage: { readonly output_tokens: number } };
    assert.equal(answer.usage.output_tokens, 8);

    assert.equal((await fetch(`http://${adminAddress}/readyz`)).status, 200);
    const metrics = await (await fetch(`http://${adminAddress}/metrics`)).text();
    assert.match(metrics, /^rill_slots 2$/m);
    assert.match(metrics, /^rill_decoded_tokens_total 8$/m);
    assert.match(metrics, /^rill_generations_ended_total\{outcome="max_tokens"\} 1$/m);
    assert.equal((await client.load()).slots_total, 2);
    assert.match(
      server.stderr,
      new RegExp(
        `grpcurl -plaintext -d '{"prompt":"Once upon a time"}' ${address} rill.v1.GenerationService/GenerateStream`,
      ),
    );
  });

  it("drains on SIGTERM: health turns, calls are taken for the delay, a running stream finishes, exit code 0", async () => {
    await using server = launch("--drain-delay", "3s");
    const { address, adminAddress } = await server.ready();
    await using reader = await heldUp(address);
    await parked(adminAddress);

    server.kill("SIGTERM");
    await server.logged("draining");
    using late = new RuntimeClient(address);
    assert.equal(await healthOf(late), "NOT_SERVING");
    const inTheDelay = await late.unary("rill.v1.GenerationService/Generate", {
      prompt: "a",
      stopping: { max_output_tokens: 1 },
    });
    assert.ok(inTheDelay);
    assert.equal((await fetch(`http://${adminAddress}/readyz`)).status, 503);
    assert.equal((await fetch(`http://${adminAddress}/livez`)).status, 200);

    reader.resume();
    const { grpcStatus } = await reader.ended;
    assert.equal(grpcStatus, status.OK);
    assert.equal(decodeStreamMessage(reader.messages.at(-1) ?? Buffer.of()).event, "completed");
    assert.deepEqual(await server.exited, { code: 0, signal: null });
    await assert.rejects(late.unary("rill.v1.GenerationService/Generate", { prompt: "a" }), {
      code: status.UNAVAILABLE,
    });
  });

  it("closes on a second signal: what runs ends UNAVAILABLE, exit code 130", async () => {
    await using server = launch();
    const { address, adminAddress } = await server.ready();
    await using reader = await heldUp(address);
    await parked(adminAddress);
    server.kill("SIGTERM");
    await server.logged("draining");
    server.kill("SIGTERM");
    reader.resume();
    const { code, reason } = rawStatusDetails(await reader.ended);
    assert.deepEqual([code, reason], [status.UNAVAILABLE, "DRAINED"]);
    assert.deepEqual(await server.exited, { code: 130, signal: null });
  });

  it("ends what outlasts the grace with DRAINED, exit code 0", async () => {
    await using server = launch("--drain-delay", "0", "--drain-grace", "0");
    const { address, adminAddress } = await server.ready();
    await using reader = await heldUp(address);
    await parked(adminAddress);
    server.kill("SIGINT");
    await server.logged("draining");
    reader.resume();
    const { code, reason } = rawStatusDetails(await reader.ended);
    assert.deepEqual([code, reason], [status.UNAVAILABLE, "DRAINED"]);
    assert.deepEqual(await server.exited, { code: 0, signal: null });
  });

  it("starts clean after it was killed", async () => {
    const first = launch();
    const { address } = await first.ready();
    using client = new RuntimeClient(address);
    client.generateStream(LONG_RUN).on("error", () => {});
    first.kill("SIGKILL");
    assert.deepEqual(await first.exited, { code: null, signal: "SIGKILL" });

    await using second = ServerChild.launch([
      "--model",
      model,
      "--model-cache",
      join(folder, "cache"),
      "--listen",
      address,
      "--admin-listen",
      "off",
    ]);
    assert.equal((await second.ready()).address, address);
    using again = new RuntimeClient(address);
    assert.equal(await healthOf(again), "SERVING");
  });

  it("goes on serving when nobody reads its output any more", async () => {
    await using server = launch("--log-level", "debug", "--drain-delay", "0");
    const { address } = await server.ready();
    server.closeOutputs();
    using client = new RuntimeClient(address);
    for (let call = 0; call < 3; call += 1) {
      await client.unary("rill.v1.GenerationService/Generate", { prompt: "a", stopping: { max_output_tokens: 1 } });
    }
    server.kill("SIGTERM");
    assert.deepEqual(await server.exited, { code: 0, signal: null });
  });

  it("runs with a thread pool of one, unless the environment says otherwise", async function () {
    if (process.platform !== "linux") return this.skip();
    const threadsWith = async (environment: Readonly<Record<string, string>>): Promise<number> => {
      const flags = ["--model", model, "--model-cache", join(folder, "cache"), "--slots", "1", "--threads", "1"];
      const listen = ["--listen", "127.0.0.1:0", "--admin-listen", "off"];
      await using server = ServerChild.launch([...flags, ...listen], { environment });
      await server.ready();
      return readdirSync(`/proc/${server.processId}/task`).length;
    };
    assert.equal(await threadsWith({ UV_THREADPOOL_SIZE: "4" }), (await threadsWith({})) + 3);
  });

  it("lets all other threads go before the one that prepares inputs", async function () {
    if (process.platform !== "linux") return this.skip();
    await using server = launch();
    const { address } = await server.ready();
    using client = new RuntimeClient(address);
    await client.unary("rill.v1.GenerationService/Generate", { prompt: "a", stopping: { max_output_tokens: 4 } });
    const nicenessOf = (threadId: string): number => {
      const stat = readFileSync(`/proc/${server.processId}/task/${threadId}/stat`, "utf8");
      // The fields after the name, which is in brackets and may hold blanks; niceness is the 19th of all.
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
    };
    const threadIds = readdirSync(`/proc/${server.processId}/task`);
    const lowered = threadIds.filter((threadId) => nicenessOf(threadId) > 0);
    // The prepare worker, which lowers itself. The main thread must not wait behind those that decode.
    assert.equal(lowered.length, 1, `${lowered.length} of ${threadIds.length} threads are lowered`);
    assert.ok(!lowered.includes(String(server.processId)), "the main thread");
  });
});

/** A generation whose reader takes next to nothing until it is resumed. */
async function heldUp(address: string): Promise<RawHttp2Reader> {
  const request = encodeRequest(GENERATE_STREAM, LONG_RUN);
  const reader = await RawHttp2Reader.open({ address, method: GENERATE_STREAM, request, windowBytes: 256 });
  reader.pause();
  return reader;
}

/** Until a generation is parked. What never comes is stopped by the test's own time limit. */
async function parked(adminAddress: string): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`http://${adminAddress}/metrics`)).text();
    if (/^rill_generations\{state="parked"\} 1$/m.test(metrics)) return;
  }
}
