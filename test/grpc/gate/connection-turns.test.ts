import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { AdmissionTurns, ReadingTurns } from "../../../src/grpc/gate/connection-turns.js";
import { FRAME, grpcHeaders, http2Frame, http2Opening } from "../../support/http2-frames.js";
import { ManualClock } from "../../support/manual-clock.js";

const CONNECTIONS = 10;
const STREAMS = 2_000;

/** An HTTP/2 server that counts the streams of each round of its event loop. */
async function startServer(): Promise<{ port: number; rounds: number[]; opened: () => number } & Disposable> {
  const server = createServer({ settings: { maxConcurrentStreams: 100_000 } });
  const turns = new ReadingTurns();
  const rounds: number[] = [];
  let streams = 0;
  let opened = 0;
  turns.watch(server);
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    turns.onStream(stream.session as ServerHttp2Session);
    opened += 1;
    if (streams === 0) {
      setImmediate(() => {
        rounds.push(streams);
        streams = 0;
      });
    }
    streams += 1;
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    rounds,
    opened: () => opened,
    [Symbol.dispose]: () => {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

function openSocket(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}).resume();
  socket.write(http2Opening());
  return socket;
}

/** Headers of many streams, of which none is reset or ends. */
function manyStreams(count: number): Buffer {
  const payload = grpcHeaders("rill.v1.GenerationService/Generate");
  return Buffer.concat(
    Array.from({ length: count }, (_, n) => http2Frame({ type: FRAME.headers, flags: 4, stream: n * 2 + 1, payload })),
  );
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("The turns of reading", () => {
  it("let no round of the event loop bring more streams than one portion of one connection, and lose none", async () => {
    using server = await startServer();
    const sockets = Array.from({ length: CONNECTIONS }, () => openSocket(server.port));
    await Promise.all(sockets.map((socket) => once(socket, "data")));
    const bytes = manyStreams(STREAMS);
    for (const socket of sockets) socket.write(bytes);
    await until(() => server.opened() === CONNECTIONS * STREAMS);
    const portion = Math.ceil((64 * 1_024) / (bytes.length / STREAMS));
    assert.ok(Math.max(...server.rounds) <= 256 + portion, `${Math.max(...server.rounds)} in one round`);
    for (const socket of sockets) socket.destroy();
  });

  it("read a connection with few streams at once, before those that wait for their turn", async () => {
    using server = await startServer();
    const sockets = Array.from({ length: CONNECTIONS }, () => openSocket(server.port));
    const light = openSocket(server.port);
    await Promise.all([...sockets, light].map((socket) => once(socket, "data")));
    for (const socket of sockets) socket.write(manyStreams(STREAMS));
    await until(() => server.opened() > 0);
    const before = server.rounds.length;
    light.write(manyStreams(1));
    // The server answers a ping by itself as soon as it reads it.
    light.write(http2Frame({ type: FRAME.ping, stream: 0, payload: Buffer.alloc(8) }));
    await once(light, "data");
    assert.ok(server.rounds.length - before <= 10, `${server.rounds.length - before} rounds`);
    await until(() => server.opened() === CONNECTIONS * STREAMS + 1);
    for (const socket of [...sockets, light]) socket.destroy();
  });
});

describe("Calls that are handed on", () => {
  const endOfRound = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it("take turns by their connections, urgent ones first, at the end of the round", async () => {
    const admitted: string[] = [];
    const turns = new AdmissionTurns<string, string>(new ManualClock(), (call) => admitted.push(call));
    for (const call of ["a1", "a2", "a3"]) turns.add(call, { connection: "a", isUrgent: false });
    for (const call of ["b1", "b2"]) turns.add(call, { connection: "b", isUrgent: false });
    turns.add("health", { connection: "a", isUrgent: true });
    assert.deepEqual(admitted, []);
    await endOfRound();
    assert.deepEqual(admitted, ["health", "a1", "b1", "a2", "b2", "a3"]);
  });

  it("leave the rest to the next round once a round has taken long", async () => {
    const clock = new ManualClock();
    const admitted: string[] = [];
    const turns = new AdmissionTurns<string, string>(clock, (call) => {
      admitted.push(call);
      clock.advance(5);
    });
    for (const call of ["a1", "a2", "a3"]) turns.add(call, { connection: "a", isUrgent: false });
    await endOfRound();
    assert.deepEqual(admitted, ["a1", "a2"]);
    turns.add("health", { connection: "b", isUrgent: true });
    await endOfRound();
    assert.deepEqual(admitted, ["a1", "a2", "health", "a3"]);
  });
});
