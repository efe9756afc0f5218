import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { RuntimeClient } from "../support/runtime-client.js";
import { ServerChild } from "../support/server-child.js";
import { ServerProcess } from "../support/server-process.js";
import { createTinyModel } from "../support/tiny-model.js";

const ATTEMPTS = 300;

describe("rill serve with few descriptors", function () {
  this.timeout(60_000);
  let folder = "";
  let model = "";
  let sockets: Socket[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-descriptors-"));
    model = await createTinyModel(folder);
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const launch = (descriptorLimit: number, ...flags: string[]): ServerChild => {
    const common = ["--model", model, "--model-cache", join(folder, "cache"), "--slots", "2", "--threads", "1"];
    const listen = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    return ServerChild.launch([...common, ...listen, ...flags], {
      command: ["sh", "-c", `ulimit -n ${descriptorLimit} && exec "$@"`, "sh", process.execPath],
    });
  };

  /** Connections that send nothing. Resolves when each is established or failed. */
  const besiege = async (address: string): Promise<void> => {
    const { hostname, port } = new URL(`http://${address}`);
    const attempts = Array.from({ length: ATTEMPTS }, async () => {
      const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
      sockets.push(socket.resume());
      await new Promise<void>((resolve) => socket.on("connect", resolve).on("error", () => resolve()));
    });
    await Promise.all(attempts);
  };

  it("starts with 256, keeps enough of them for its store and its probes while 300 connections try, and says so once", async () => {
    await using child = launch(256, "--store", `sqlite:${join(folder, "sessions.sqlite")}`);
    const server = await ServerProcess.of(child);
    using client = new RuntimeClient(server.address);
    const { limits } = ((await client.unary("rill.v1.ServerService/GetServerInfo", {})) as ServerInfoAnswer)
      .server_info;
    await Promise.all([besiege(server.address), besiege(server.adminAddress)]);
    assert.equal((await fetch(`http://${server.adminAddress}/livez`)).status, 200);
    // The first session call opens the database.
    const created = await client.unary("rill.v1.SessionService/CreateSession", {});
    assert.ok(created);
    const open = await server.metric("rill_connections");
    assert.ok(open <= limits.max_connections && open > limits.max_connections / 2, `${open} connections`);
    assert.equal(await server.metric("rill_connections_capacity"), limits.max_connections);
    assert.ok((await server.metric("rill_connections_refused_total")) > 0);
    const warnings = server.log.filter(({ msg }) => String(msg).startsWith("connections are refused"));
    assert.equal(warnings.length, 1);
    assert.equal(warnings[0]?.maxConnections, limits.max_connections);
  });

  it("lets new clients in although the besiegers stay", async () => {
    await using child = launch(256);
    const server = await ServerProcess.of(child);
    await besiege(server.address);
    for (;;) {
      using client = new RuntimeClient(server.address);
      const answer = await client.unary("grpc.health.v1.Health/Check", {}).catch(() => undefined);
      if (answer !== undefined) return;
      // As clients do that were refused.
      await pause(250);
    }
  });

  it("refuses more connections than there are descriptors for, and a limit that leaves hardly any", async () => {
    await using many = launch(256, "--max-connections", "300");
    assert.deepEqual(await many.exited, { code: 2, signal: null });
    assert.match(
      many.stderr,
      /--max-connections 300 is too many: this process may have 256 files and sockets open at once, which leaves room for \d+ connections; ask for fewer, or raise the hard limit/,
    );
    await using few = launch(110);
    assert.deepEqual(await few.exited, { code: 2, signal: null });
    assert.match(few.stderr, /may have 110 files and sockets .*; 16 is the least: raise the hard limit/);
  });
});

interface ServerInfoAnswer {
  readonly server_info: { readonly limits: { readonly max_connections: number } };
}
