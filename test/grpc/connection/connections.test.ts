import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
} from "../../../generated/grpc/health/v1/health.js";
import { DEFAULT_LIMITS, type Limits } from "../../../src/core/limits.js";
import { Connections } from "../../../src/grpc/connection/connections.js";
import type { GrpcServer } from "../../../src/grpc/grpc-server.js";
import { RecordingLogger } from "../../prepare/recording-logger.js";
import { FRAME, grpcRequestFrames, http2Frame, http2Opening } from "../../support/http2-frames.js";
import { startBareServer } from "../../support/bare-server.js";
import { ManualClock } from "../../support/manual-clock.js";
import { TestClient } from "../../support/test-client.js";

const GOAWAY = 7;
const OPENING = http2Opening();
/** A handshake, and a call that goes on until it is cancelled. */
const BUSY = Buffer.concat([
  OPENING,
  grpcRequestFrames("grpc.health.v1.Health/Watch", HealthCheckRequest.encode({ service: "" }).finish()),
]);

/** What never comes true is stopped by the test's own time limit. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

/** A client that does nothing but what it is told, and never closes its side. */
class RawClient implements Disposable {
  readonly socket: Socket;
  closed = false;
  received = Buffer.alloc(0);

  constructor(address: string, bytes: Uint8Array = new Uint8Array()) {
    const { hostname, port } = new URL(`http://${address}`);
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => (this.closed = true));
    this.socket.on("data", (data) => (this.received = Buffer.concat([this.received, data])));
    if (bytes.length > 0) this.socket.write(bytes);
  }

  /** Whether the server has closed its side. */
  get isEnded(): boolean {
    return this.socket.readableEnded || this.closed;
  }

  /** Types of the whole frames that have come. */
  get frames(): number[] {
    const types: number[] = [];
    for (let at = 0; at + 9 <= this.received.length; at += 9 + this.received.readUIntBE(at, 3)) {
      types.push(this.received[at + 3] ?? -1);
    }
    return types;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

describe("The connections of a server", () => {
  let clock: ManualClock;
  let log: RecordingLogger;
  let clients: RawClient[];
  let server: GrpcServer;

  const start = async (options: { max?: number; listen?: string; limits?: Partial<Limits> } = {}): Promise<void> => {
    clock = new ManualClock();
    log = new RecordingLogger();
    clients = [];
    server = await startBareServer({
      listen: options.listen ?? "127.0.0.1:0",
      limits: options.limits ?? {},
      maxConnections: options.max ?? 100,
      ageGraceMs: 60_000,
      instanceId: "test",
      log,
      clock,
    });
  };

  /** Resolves when the server has accepted it, and has begun what it asked for. */
  const join = async (bytes?: Uint8Array): Promise<RawClient> => {
    const before = server.connections.open;
    const client = new RawClient(server.address, bytes);
    clients.push(client);
    await until(() => server.connections.open > before);
    if (bytes === OPENING) await until(() => client.frames.includes(FRAME.settings));
    if (bytes === BUSY) await until(() => client.frames.includes(FRAME.headers));
    return client;
  };

  const isLetIn = async (): Promise<void> => {
    using client = new TestClient(server.address);
    const watch = client.health.watch({ service: "" }).on("error", () => undefined);
    const [{ status }] = (await once(watch, "data")) as [HealthCheckResponse];
    assert.equal(status, HealthCheckResponse_ServingStatus.NOT_SERVING);
  };

  const refused = async (): Promise<RawClient> => {
    const client = new RawClient(server.address);
    clients.push(client);
    await until(() => client.isEnded);
    return client;
  };

  afterEach(async () => {
    for (const client of clients) client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  it("are bounded: one too many is closed at once, counted, and told in the log once in ten minutes", async () => {
    await start({ max: 3 });
    for (let count = 0; count < 3; count++) await join(BUSY);
    for (let count = 0; count < 3; count++) await refused();
    const { open, capacity, refused: refusals } = server.connections;
    assert.deepEqual([open, capacity, refusals], [3, 3, 3]);
    const warnings = (): string[] => log.lines.filter((line) => line.startsWith("connections are refused"));
    assert.equal(warnings().length, 1);
    assert.match(warnings()[0] ?? "", /open: 3, maxConnections: 3, refused: 1/);
    clock.advance(10 * 60_000);
    await refused();
    assert.equal(warnings().length, 2);
  });

  it("let a newcomer in as soon as one has gone", async () => {
    await start({ max: 1 });
    const first = await join(BUSY);
    await refused();
    first.socket.destroy();
    await until(() => server.connections.open === 0);
    await isLetIn();
  });

  it("are bounded together on all addresses that the server listens on", async () => {
    await start();
    const connections = new Connections({ max: 3, limits: DEFAULT_LIMITS, clock, log });
    const listeners = [createServer(), createServer()];
    for (const listener of listeners) {
      connections.watch(listener);
      await once(listener.listen(0, "127.0.0.1"), "listening");
    }
    const addresses = listeners.map((listener) => `127.0.0.1:${(listener.address() as AddressInfo).port}`);
    const [first = "", second = ""] = addresses;
    for (const [index, address] of [first, first, first].entries()) {
      clients.push(new RawClient(address));
      await until(() => connections.report.open === index + 1);
    }
    const late = new RawClient(second);
    clients.push(late);
    await until(() => late.isEnded);
    clients[0]?.socket.destroy();
    await until(() => connections.report.open === 2);
    clients.push(new RawClient(second));
    await until(() => connections.report.open === 3);
    for (const address of addresses) {
      const refusal = new RawClient(address);
      clients.push(refusal);
      await until(() => refusal.isEnded);
    }
    assert.equal(connections.report.refused, 3);
    connections[Symbol.dispose]();
    for (const listener of listeners) listener.close();
  });

  it("are cut when the client does not come to the end of its handshake", async () => {
    await start({ limits: { connectionHandshakeMs: 3_000 } });
    const silent = await join();
    const half = await join(OPENING.subarray(0, 30));
    const whole = await join(OPENING);
    clock.advance(2_900);
    assert.equal(server.connections.open, 3);
    clock.advance(500);
    await until(() => silent.isEnded && half.isEnded);
    await until(() => server.connections.open === 1);
    assert.equal(whole.closed, false);
    assert.equal(server.connections.closed.handshake, 2);
  });

  it("end with GOAWAY when they have had no call for the idle time, and stay while they have one", async () => {
    await start({ limits: { connectionIdleMs: 60_000 } });
    const idle = await join(OPENING);
    const busy = await join(BUSY);
    clock.advance(59_000);
    await nextTurn();
    assert.deepEqual([idle.frames.includes(GOAWAY), server.connections.open], [false, 2]);
    clock.advance(1_500);
    await until(() => idle.frames.includes(GOAWAY) && idle.isEnded);
    assert.deepEqual([busy.frames.includes(GOAWAY), server.connections.closed.idle], [false, 1]);
  });

  it("count their idle time from the end of the last call", async () => {
    await start({ limits: { connectionIdleMs: 60_000 } });
    const client = await join(BUSY);
    clock.advance(50_000);
    client.socket.write(http2Frame({ type: FRAME.reset, stream: 1, payload: Buffer.from([0, 0, 0, 8]) }));
    // The server reads in order: with the answer to the ping, it has the reset.
    client.socket.write(http2Frame({ type: FRAME.ping, payload: Buffer.alloc(8) }));
    await until(() => client.frames.includes(FRAME.ping));
    clock.advance(50_000);
    await nextTurn();
    assert.equal(client.frames.includes(GOAWAY), false);
    clock.advance(10_500);
    await until(() => client.frames.includes(GOAWAY));
  });

  it("free their descriptors after 5 s although the client never closes its side", async () => {
    await start({ limits: { connectionIdleMs: 60_000 } });
    const client = await join(OPENING);
    clock.advance(60_500);
    await until(() => client.isEnded);
    clock.advance(4_500);
    await nextTurn();
    assert.equal(server.connections.open, 1);
    clock.advance(1_000);
    await until(() => server.connections.open === 0);
    assert.equal(server.connections.closed.lingering, 1);
  });

  it("make room for newcomers when few places are left: those idle for longest first, no busy one, none younger than 5 s", async () => {
    await start({ max: 8 });
    const busy = await join(BUSY);
    const old = await join(OPENING);
    clock.advance(2_000);
    const others: RawClient[] = [];
    for (let count = 0; count < 6; count++) others.push(await join(OPENING));
    clock.advance(2_500);
    await refused();
    clock.advance(1_000);
    await until(() => old.isEnded);
    old.socket.destroy();
    await until(() => server.connections.open === 7);
    await isLetIn();
    assert.equal(others.filter(({ isEnded }) => isEnded).length, 0);
    clock.advance(2_000);
    await until(() => others.some(({ isEnded }) => isEnded));
    assert.deepEqual([busy.frames.includes(GOAWAY), server.connections.closed.crowded], [false, 2]);
  });

  it("end with GOAWAY at their age, and are cut when they answer no ping", async () => {
    await start({ limits: { connectionAgeMs: 200, keepaliveTimeMs: 60_000 } });
    const aged = await join(OPENING);
    await until(() => aged.frames.includes(GOAWAY));
    for (const client of clients) client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
    await start({ limits: { keepaliveTimeMs: 50, keepaliveTimeoutMs: 50 } });
    const deaf = await join(OPENING);
    await until(() => deaf.frames.includes(FRAME.ping) && deaf.isEnded);
  });
});
