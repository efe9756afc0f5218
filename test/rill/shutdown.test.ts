import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import type { GrpcServer } from "../../src/grpc/grpc-server.js";
import { textOf } from "../support/generation-text.js";
import { loadWhen } from "../support/load-watch.js";
import { startBareServer } from "../support/bare-server.js";
import { ManualClock } from "../support/manual-clock.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { messageOf, promptRequest, refusalOf, resultOf, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const startRpc = (listen: string): Promise<GrpcServer> => startBareServer({ listen, instanceId: "one" });

describe("The gRPC server", () => {
  it("says clearly when its address is in use", async () => {
    await using first = await startRpc("127.0.0.1:0");
    await assert.rejects(startRpc(first.address), {
      message: `cannot listen on ${first.address}: the address is in use`,
    });
  });

  it("says clearly when its address is not this machine's", async () => {
    await assert.rejects(
      startRpc("192.0.2.1:0"),
      /^Error: cannot listen on 192\.0\.2\.1:0: this machine does not have the address$/,
    );
  });

  it("serves on a Unix socket, and leaves none behind", async () => {
    const file = path.join(tmpdir(), `rill-test-${process.pid}.sock`);
    {
      await using server = await TestServer.start({ listen: `unix:${file}` });
      using client = new TestClient(server.address);
      assert.equal((await client.generate(promptRequest("over a socket"))).text, "over a socket");
    }
    await assert.rejects(stat(file));
  });

  it("lets running streams end well on shutdown, and takes no new calls", async () => {
    await using server = await TestServer.start({ engine: { stepMs: 2 } });
    using client = new TestClient(server.address);
    const stopping = { maxOutputTokens: 100, stopSequences: [], stopTokenIds: [] };
    const stream = client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65], { stopping }));
    const result = resultOf(stream);
    await messageOf(stream, ({ event }) => event?.$case === "chunk");
    const closed = server.rpc.shutdown(60_000);
    const { messages, status } = await result;
    assert.equal(status.code, 0);
    assert.equal(textOf(messages), "A".repeat(100));
    await closed;
    assert.equal((await refusalOf(client.load())).code, 14);
  });

  it("ends what is left after the grace with DRAINED", async () => {
    const clock = new ManualClock();
    await using server = await TestServer.start({ clock, engine: { stepMs: 2 } });
    using client = new TestClient(server.address);
    const stream = client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65]));
    const result = resultOf(stream);
    await loadWhen(client, ({ slotsBusy }) => slotsBusy === 1);
    const closed = server.rpc.shutdown(5_000);
    clock.advance(5_000);
    const { status } = await result;
    assert.deepEqual([status.code, status.reason, status.pushbackMs], [14, "DRAINED", undefined]);
    await closed;
  });

  it("is not held up by a reader whose window is shut", async () => {
    await using server = await TestServer.start({ limits: { slowReaderGraceMs: 50 } });
    using client = new TestClient(server.address);
    await using reader = await RawHttp2Reader.open({
      address: server.address,
      method: "rill.v1.GenerationService/GenerateStream",
      request: GenerateStreamRequest.encode(tokensRequest([SCRIPT.CYCLE, 65])).finish(),
      windowBytes: 0,
    });
    await loadWhen(client, ({ parked }) => parked === 1);
    await server.rpc.shutdown(0);
    assert.equal((await reader.ended).grpcStatus, undefined);
  });

  it("takes over a Unix socket that a killed server left behind, and no other's", async () => {
    const file = path.join(tmpdir(), `rill-test-${process.pid}-left.sock`);
    await leaveSocketBehind(file);
    await using first = await startRpc(`unix:${file}`);
    await assert.rejects(startRpc(`unix:${file}`), {
      message: `cannot listen on ${first.address}: the address is in use`,
    });
  });

  it("leaves a file alone that has the name of its Unix socket and is none", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "rill-socket-"));
    const file = path.join(folder, "notes");
    try {
      await writeFile(file, "dear diary");
      await assert.rejects(startRpc(`unix:${file}`), {
        message: `cannot listen on unix:${file}: a file that is not a socket has that name`,
      });
      assert.equal(await readFile(file, "utf8"), "dear diary");
      await assert.rejects(startRpc(`unix:${folder}/none/rill.sock`), {
        message: `cannot listen on unix:${folder}/none/rill.sock: there is no folder ${folder}/none`,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("lets its owner alone connect to its Unix socket", async function () {
    if (process.platform === "win32") return this.skip();
    const file = path.join(tmpdir(), `rill-test-${process.pid}-mode.sock`);
    const modeOfNewFile = async (): Promise<number> => {
      await writeFile(`${file}.other`, "");
      const { mode } = await stat(`${file}.other`);
      await rm(`${file}.other`);
      return mode;
    };
    const before = await modeOfNewFile();
    await using _server = await startRpc(`unix:${file}`);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal(await modeOfNewFile(), before);
  });
});

/** Binds the socket in a process that is killed before it can remove it. */
async function leaveSocketBehind(file: string): Promise<void> {
  const script = `require("node:net").createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, "SIGKILL"))`;
  await once(spawn(process.execPath, ["--eval", script]), "exit");
}
