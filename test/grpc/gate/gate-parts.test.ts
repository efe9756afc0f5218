import assert from "node:assert/strict";
import fc from "fast-check";
import { AdmissionTurns } from "../../../src/grpc/gate/admission-turns.js";
import { formatGrpcTimeout, MAX_TIMEOUT_MS, parseGrpcTimeout } from "../../../src/grpc/gate/grpc-timeout.js";
import { PendingCalls } from "../../../src/grpc/gate/pending-calls.js";
import { RequestBody } from "../../../src/grpc/gate/request-body.js";
import { ResetBudget } from "../../../src/grpc/gate/reset-budget.js";
import { StreamedBody } from "../../../src/grpc/gate/streamed-body.js";
import { ManualClock } from "../../support/manual-clock.js";
import { grpcFrame } from "../../support/raw-call.js";

describe("A grpc-timeout", () => {
  it("is read in every unit, and clamped to what a timer holds", () => {
    const read = ["2H", "3M", "4S", "5m", "1000u", "1000000n", "99999999H"].map(parseGrpcTimeout);
    assert.deepEqual(read, [7_200_000, 180_000, 4_000, 5, 1, 1, MAX_TIMEOUT_MS]);
  });

  it("is written so that it reads as the same time, rounded up by less than a second", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: MAX_TIMEOUT_MS, noNaN: true }), (timeoutMs) => {
        const text = formatGrpcTimeout(timeoutMs);
        const readMs = parseGrpcTimeout(text);
        assert.ok(readMs !== undefined && readMs >= Math.min(timeoutMs, 2_147_483_000) && readMs < timeoutMs + 1_000);
      }),
    );
  });
});

/** Cuts the bytes at these places, which wrap around. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set([...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter((chunk) => chunk.length > 0);
}

describe("A request's body", () => {
  it("is the same however it is cut, and whole at its last byte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(400), { maxLength: 20 }), (message, places) => {
        const framed = grpcFrame(message);
        const body = new RequestBody(1_000);
        for (const chunk of cut(framed, places)) {
          assert.equal(body.isWhole, false);
          assert.equal(body.take(Buffer.from(chunk)), undefined);
        }
        assert.deepEqual([body.isWhole, body.isExceeded, body.missingBytes], [true, false, 0]);
        assert.deepEqual(body.bytes, framed);
      }),
    );
  });

  it("takes no more than twice its bytes, however small its parts are", () => {
    const body = new RequestBody(10_000_000);
    const framed = grpcFrame(Buffer.alloc(200_000));
    for (let at = 0; at < framed.length; at += 100) body.take(framed.subarray(at, at + 100));
    assert.ok(body.isWhole);
    assert.ok(body.heldBytes <= 2 * framed.length);
  });

  it("is refused by its prefix alone when it will be too large", () => {
    const problem = new RequestBody(1_000).take(grpcFrame(new Uint8Array(), { length: 1_001 }));
    assert.deepEqual([problem?.code, problem?.facts.max_message_bytes], ["MESSAGE_TOO_LARGE", "1000"]);
  });
});

describe("A stream of requests", () => {
  it("passes however it is cut, up to the first message that breaks a bound", () => {
    const messages = fc.array(fc.record({ size: fc.nat(120), flag: fc.constantFrom(0, 0, 0, 1, 7) }), { maxLength: 8 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(800), { maxLength: 20 }), (sent, places) => {
        const bytes = Buffer.concat(sent.map(({ size, flag }) => grpcFrame(Buffer.alloc(size), { flag })));
        const body = new StreamedBody(100);
        const problems = cut(bytes, places).map((chunk) => body.pass(chunk));
        const isBad = sent.some(({ size, flag }) => size > 100 || flag !== 0);
        assert.equal(
          problems.some((problem) => problem !== undefined),
          isBad,
        );
      }),
    );
  });
});

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
