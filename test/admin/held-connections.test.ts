import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AdminServer, type AdminServerOptions } from "../../src/admin/admin-server.js";
import { systemClock } from "../../src/sync/clock.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { ManualClock } from "../support/manual-clock.js";
import { viewIn } from "./view-example.js";

/** A size beyond the buffer of any socket. */
const HUGE_PAGE_BYTES = 16 * 1024 * 1024;

/** The behaviours of a client that keeps its connection. */
const KINDS: Readonly<Record<string, string>> = {
  "that send nothing": "",
  "that send half a header": "GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ",
  "that ask to be kept and stay after their answer":
    "GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: keep-alive\r\n\r\n",
  "that do not read their page": "GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: keep-alive\r\n\r\n",
  "that announce a body and do not send it": "POST /livez HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\n",
};

describe("The admin port with connections held open", function () {
  this.timeout(30_000);
  let clock: ManualClock;
  let server: AdminServer;
  let sockets: Socket[];

  const start = async (options: Partial<AdminServerOptions> = {}): Promise<void> => {
    clock = new ManualClock();
    sockets = [];
    const listen = { host: "127.0.0.1", port: 0 };
    const view = () => viewIn("serving");
    server = await AdminServer.start({
      listen,
      certificates: undefined,
      view,
      access: undefined,
      maxConnections: 512,
      hosts: [],
      log: silentLogger,
      clock,
      ...options,
    });
  };

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await server[Symbol.asyncDispose]();
  });

  /** Opens a connection that never closes its side and reads nothing. Resolves when it is established or has failed. */
  const hold = async (text: string): Promise<Socket> => {
    const { hostname, port } = new URL(`http://${server.address}`);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.pause();
    sockets.push(socket);
    await new Promise<void>((resolve) => socket.on("connect", resolve).on("error", () => resolve()));
    socket.write(text);
    return socket;
  };

  const probe = async (): Promise<number | undefined> => {
    const outgoing = request(`http://${server.address}/livez`, { agent: false });
    outgoing.end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };

  for (const [kind, text] of Object.entries(KINDS)) {
    for (const count of [65, 1_000]) {
      it(`answers a probe beside ${count} ${kind}`, async () => {
        await start({ clock: systemClock });
        await Promise.all(Array.from({ length: count }, () => hold(text)));
        for (let time = 0; time < 3; time++) assert.equal(await probe(), 200);
      });
    }
  }

  it("answers a probe beside readers of a page that is larger than their buffers", async () => {
    const view = () => ({ ...viewIn("serving"), version: "x".repeat(HUGE_PAGE_BYTES) });
    await start({ maxConnections: 8, view });
    for (let count = 0; count < 8; count++) await hold("GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    assert.equal(await probe(), 200);
  });

  it("cuts a connection after ten seconds, whatever it does", async () => {
    const view = () => ({ ...viewIn("serving"), version: "x".repeat(HUGE_PAGE_BYTES) });
    await start({ view });
    const silent = await hold("");
    const reader = await hold("GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    await once(reader, "readable");
    clock.advance(9_000);
    await nextTurn();
    const ended = Promise.all(
      [silent, reader].map((socket) => once(socket.on("error", () => undefined).resume(), "close")),
    );
    clock.advance(1_500);
    silent.end();
    reader.end();
    await ended;
    assert.ok(reader.bytesRead < HUGE_PAGE_BYTES);
  });

  it("lets a connection have one answer, and makes none for requests sent behind it", async () => {
    let looks = 0;
    await start({
      view: () => {
        looks += 1;
        return viewIn("serving");
      },
    });
    const socket = await hold("GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".repeat(100));
    let answer = "";
    socket.on("data", (data) => (answer += String(data))).resume();
    await once(socket, "end");
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)*connection: close\r\n/i);
    assert.equal(looks, 1);
  });
});

describe("The Host header of an admin request", () => {
  let server: AdminServer;
  before(async () => {
    server = await AdminServer.start({
      listen: { host: "127.0.0.1", port: 0 },
      certificates: undefined,
      access: undefined,
      view: () => viewIn("serving"),
      maxConnections: 64,
      hosts: ["Rill.Example.com", "rill"],
      log: silentLogger,
      clock: new ManualClock(),
    });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  const ask = async (host: string): Promise<{ status: number | undefined; body: string }> => {
    const outgoing = request(`http://${server.address}/readyz`, { agent: false, headers: { host } });
    outgoing.end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    let body = "";
    for await (const chunk of response) body += String(chunk);
    return { status: response.statusCode, body };
  };

  it("may hold an address, as the kubelet and Prometheus send it, localhost, or a name that the operator gave", async () => {
    for (const host of [
      "10.1.2.3:50052",
      "10.1.2.3",
      "[fd00::1]:50052",
      "[::1]",
      "localhost:50052",
      "LOCALHOST",
      "rill.example.com:9",
      "rill.example.com.",
      "RILL:50052",
    ]) {
      assert.equal((await ask(host)).status, 200, host);
    }
  });

  it("holds no other name: what a stranger's page could have resolve to this machine is refused, with the way out", async () => {
    for (const host of [
      "evil.example",
      "evil.example:50052",
      "localhost.evil.example",
      "10.1.2.3.evil.example",
      "[evil",
    ]) {
      const { status, body } = await ask(host);
      assert.equal(status, 421, JSON.stringify(host));
      assert.match(body, /^the Host header ".*" is neither a numeric address nor localhost; .*--admin-hosts\n$/);
    }
  });

  it("may be left out, as HTTP/1.0 allows", async () => {
    const { hostname, port } = new URL(`http://${server.address}`);
    const socket = connect(Number(port), hostname);
    socket.write("GET /livez HTTP/1.0\r\n\r\n");
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(String(answer), /^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});
