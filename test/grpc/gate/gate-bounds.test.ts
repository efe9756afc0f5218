import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { GenerateRequest } from "../../../generated/rill/v1/generation_service.js";
import { GenerationError } from "../../../src/core/generation-error.js";
import { PendingCalls, ResetBudget } from "../../../src/grpc/gate/gate-bounds.js";
import { FRAME, grpcHeaders, http2Frame, http2Opening } from "../../support/http2-frames.js";
import { ManualClock } from "../../support/manual-clock.js";
import { answerOf, grpcFrame, type RawAnswer, RawConnection } from "../../support/raw-call.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import { answerDetails } from "../../support/status-details.js";
import {
  answerOf as answerOfCall,
  promptRequest,
  refusalOf,
  TestClient,
  tokensRequest,
} from "../../support/test-client.js";
import { TestServer } from "../../support/test-server.js";

const GENERATE = "rill.v1.GenerationService/Generate";
const REQUEST = GenerateRequest.encode(promptRequest("a")).finish();
const MIB = 1024 * 1024;

/** Status code and reason. */
function refusal(answer: RawAnswer): [number, string | undefined] {
  const { code, reason } = answerDetails(answer);
  return [code, reason];
}

describe("The gate's bounds", () => {
  /** A stream whose message never comes to its end. */
  const startBody = (connection: RawConnection, bytes: number): Promise<RawAnswer> => {
    const stream = connection.start(GENERATE);
    stream.write(grpcFrame(Buffer.alloc(bytes), { length: 4 * MIB }));
    return answerOf(stream);
  };

  it("keep the memory of unfinished bodies, and take it from the connection that holds the most", async () => {
    await using server = await TestServer.start({ limits: { totalRequestBytes: 3 * MIB, slowReaderGraceMs: 100 } });
    using attacker = await RawConnection.open(server.address);
    using client = new TestClient(server.address);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => Promise.race([startBody(attacker, MIB), untilHeld(server, 2 * MIB)])),
    );
    assert.ok(server.rpc.report().requestBytes <= 3 * MIB);
    assert.equal((await client.generate(promptRequest("b".repeat(100)))).text, "b".repeat(100));
    const refused = answers.filter((answer) => answer !== undefined).map(refusal);
    assert.deepEqual(
      [...new Set(refused.map(([, reason]) => reason))],
      refused.length === 0 ? [] : ["TOO_MANY_REQUEST_BYTES"],
    );
    attacker[Symbol.dispose]();
    await until(() => server.rpc.report().requestBytes === 0);
  });

  it("count a message until it is read in, and no longer", async () => {
    await using server = await TestServer.start({ engine: { stepMs: 5, sequences: 4 } });
    using client = new TestClient(server.address);
    const stream = client.generation.generateStream(promptRequest("b".repeat(1_000)));
    stream.on("error", () => {});
    await once(stream, "data");
    assert.equal(server.rpc.report().requestBytes, 0);
    assert.equal(server.rpc.report().calls, 1);
    stream.cancel();
    await until(() => server.rpc.report().calls === 0);
  });

  it("give grpc-js nothing of a stream that is reset right behind its request", async () => {
    const prepared: unknown[] = [];
    const prepare = (input: unknown) => {
      prepared.push(input);
      return Promise.reject(new GenerationError("INPUT_TOO_LONG", "for the test"));
    };
    await using server = await TestServer.start({ prepare });
    using connection = await RawConnection.open(server.address);
    for (let n = 0; n < 20; n += 1) {
      const stream = connection.start(GENERATE);
      stream.end(grpcFrame(REQUEST));
      stream.close(constants.NGHTTP2_CANCEL);
    }
    const answer = await connection.call(GENERATE, grpcFrame(REQUEST));
    assert.deepEqual(refusal(answer), [3, "INPUT_TOO_LONG"]);
    assert.equal(prepared.length, 1);
  });

  it("let calls without a message hold no seat", async () => {
    await using server = await TestServer.start({ limits: { calls: 8 } });
    using client = new TestClient(server.address);
    const attackers = await Promise.all(Array.from({ length: 3 }, () => RawConnection.open(server.address)));
    for (const attacker of attackers) for (let n = 0; n < 50; n += 1) attacker.start(GENERATE);
    await until(() => server.rpc.report().pendingCalls >= 8);
    for (const text of ["a", "b", "c"]) assert.equal((await client.generate(promptRequest(text))).text, text);
    assert.ok(server.rpc.report().pendingCalls <= 8);
    for (const attacker of attackers) attacker[Symbol.dispose]();
    await until(() => server.rpc.report().pendingCalls === 0);
  });

  it("give one connection every seat, and another its share once calls run short", async () => {
    await using server = await TestServer.start({
      engine: { stepMs: 5, sequences: 4 },
      limits: { calls: 8, queuePerSlot: 16 },
    });
    using large = new TestClient(server.address);
    using small = new TestClient(server.address);
    const endless = (client: TestClient) => {
      const stream = client.generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65]));
      stream.on("error", () => {});
      return once(stream, "data").then(() => stream);
    };
    const streams = await Promise.all(Array.from({ length: 6 }, () => endless(large)));
    // Two of eight seats are free: a quarter. They are for whoever holds less than an equal share.
    const other = await endless(small);
    assert.deepEqual((await refusalOf(large.generate(promptRequest("more")))).reason, "TOO_MANY_CALLS");
    const another = await endless(small);
    for (const stream of [...streams, other, another]) stream.cancel();
    await until(() => server.rpc.report().calls === 0);
  });

  it("refuse the streams of connections that reset thousands, and of no other", async () => {
    await using server = await TestServer.start({ clock: new ManualClock() });
    using client = new TestClient(server.address);
    const sockets = Array.from({ length: 10 }, () => openSocket(server.address));
    for (const socket of sockets) socket.write(http2Opening());
    for (let round = 0; round < 5; round += 1) {
      const streams = Array.from({ length: 50 }, (_, n) => (round * 50 + n) * 2 + 1);
      const seen = (): number => server.rpc.report().pendingCalls + server.rpc.report().refusedStreams;
      const before = seen();
      for (const socket of sockets) socket.write(Buffer.concat(streams.map(headersFrame)));
      await until(() => seen() - before >= 500);
      for (const socket of sockets) socket.write(Buffer.concat(streams.map(resetFrame)));
      await until(() => server.rpc.report().pendingCalls === 0);
      await answerOfCall((settle) => client.health.check({ service: "" }, settle));
    }
    assert.equal((await client.generate(promptRequest("still here"))).text, "still here");
    assert.ok(server.rpc.report().refusedStreams >= 500);
    for (const socket of sockets) socket.destroy();
  });
});

function openSocket(address: string): Socket {
  const [host = "", port = ""] = address.split(":");
  return connect(Number(port), host)
    .on("error", () => {})
    .resume();
}

function headersFrame(stream: number): Buffer {
  return http2Frame({ type: FRAME.headers, flags: 4, stream, payload: grpcHeaders(GENERATE) });
}

function resetFrame(stream: number): Buffer {
  return http2Frame({ type: FRAME.reset, stream, payload: Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]) });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function untilHeld(server: TestServer, bytes: number): Promise<undefined> {
  await until(() => server.rpc.report().requestBytes >= bytes);
  return undefined;
}

describe("Calls that wait for their messages", () => {
  it("give way to newcomers: the oldest of the connection that has the most", () => {
    const clock = new ManualClock();
    const pending = new PendingCalls({ max: 4, maxAtOnce: 10, clock });
    const [large, small] = [{}, {}];
    const evicted: string[] = [];
    const add = (name: string, connection: object): void => pending.add({ connection }, () => evicted.push(name));
    add("small", small);
    for (const name of ["first", "second", "third", "fourth"]) add(name, large);
    assert.deepEqual(evicted, []);
    clock.advance(1_000);
    add("newcomer", small);
    assert.deepEqual(evicted, ["first", "second"]);
    assert.equal(pending.count, 4);
  });

  it("may be many for a moment, up to a bound that holds at once", () => {
    const pending = new PendingCalls({ max: 3, maxAtOnce: 5, clock: new ManualClock() });
    const connection = {};
    let evicted = 0;
    for (let n = 0; n < 9; n += 1) pending.add({ connection }, () => (evicted += 1));
    assert.deepEqual([pending.count, evicted], [5, 4]);
  });
});

describe("The budget of resets", () => {
  it("stops the connections that spent it until it has leaked, and no other", () => {
    const clock = new ManualClock();
    const budget = new ResetBudget(clock);
    const [stormy, calm] = [{}, {}];
    for (let n = 0; n < 50; n += 1) budget.count(calm, { handedOn: false });
    for (let n = 0; n < 1_000; n += 1) budget.count(stormy, { handedOn: false });
    assert.deepEqual([budget.allows(stormy), budget.allows(calm)], [false, true]);
    clock.advance(30_000);
    assert.equal(budget.allows(stormy), true);
  });

  it("takes waves of cancels of calls that were handed on: forty of 120 at once", () => {
    const budget = new ResetBudget(new ManualClock());
    const connection = {};
    for (let n = 0; n < 40 * 120; n += 1) budget.count(connection, { handedOn: true });
    assert.equal(budget.allows(connection), true);
  });
});
