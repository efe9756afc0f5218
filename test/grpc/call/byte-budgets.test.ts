import assert from "node:assert/strict";
import { RequestBytes, ResponseBudget } from "../../../src/grpc/call/call-limits.js";
import { ManualClock } from "../../support/manual-clock.js";

const KIB = 1024;

describe("The bytes of requests", () => {
  it("are taken from the largest body of the connection that holds the most, or refused to it", () => {
    const bytes = new RequestBytes(100);
    const [large, small] = [{}, {}];
    const evicted: string[] = [];
    const holder = (connection: object, name: string) => ({ connection, evict: () => evicted.push(name) });
    const [a, b, c, d] = [{}, {}, {}, {}];
    assert.ok(bytes.hold(a, holder(large, "a"), 40));
    assert.ok(bytes.hold(b, holder(large, "b"), 50));
    assert.ok(bytes.hold(c, holder(small, "c"), 20));
    assert.deepEqual(evicted, ["b"]);
    assert.equal(bytes.hold(d, holder(large, "d"), 70), false);
    assert.equal(bytes.bytes, 60);
    bytes.settle(a);
    assert.equal(bytes.hold(d, holder(small, "d"), 70), false);
    bytes.release(a);
    bytes.release(a);
    bytes.release(c);
    assert.equal(bytes.bytes, 0);
    assert.ok(bytes.hold(a, holder(small, "a"), 60));
    assert.ok(bytes.hold(b, holder(large, "b"), 50));
    assert.deepEqual(evicted, ["b", "a"]);
  });
});

describe("The budget of responses", () => {
  const scene = () => {
    const clock = new ManualClock();
    const budget = new ResponseBudget(100 * KIB, clock);
    const evicted: string[] = [];
    const hold = (name: string, connection: object, kib: number) =>
      budget.hold(kib * KIB, { connection, evict: () => evicted.push(name) });
    return { clock, budget, evicted, hold };
  };

  it("takes room from the oldest unread response of the connection that holds the most", () => {
    const { clock, budget, evicted, hold } = scene();
    const [large, small] = [{}, {}];
    hold("small", small, 20).sent();
    for (const name of ["first", "second"]) hold(name, large, 40).sent();
    clock.advance(1_000);
    hold("newcomer", small, 20);
    assert.deepEqual(evicted, ["first"]);
    assert.equal(budget.bytes, 80 * KIB);
  });

  it("refuses the newcomer whose own connection would hold the most", () => {
    const { clock, evicted, hold } = scene();
    const large = {};
    for (const name of ["first", "second"]) hold(name, large, 40).sent();
    hold("small", {}, 20).sent();
    clock.advance(1_000);
    assert.throws(() => hold("third", large, 40), { code: "TOO_MANY_RESPONSE_BYTES" });
    assert.deepEqual(evicted, []);
  });

  it("takes no room from a response that is being made, or was sent just now", () => {
    const { clock, evicted, hold } = scene();
    const large = {};
    hold("being made", large, 60);
    clock.advance(5_000);
    hold("just sent", large, 40).sent();
    clock.advance(999);
    assert.throws(() => hold("newcomer", {}, 20), { code: "TOO_MANY_RESPONSE_BYTES" });
    clock.advance(1);
    hold("newcomer", {}, 20);
    assert.deepEqual(evicted, ["just sent"]);
  });

  it("gives every byte back once, however a response ends", () => {
    const { clock, budget, hold } = scene();
    const evictedLater = hold("evicted", {}, 90);
    evictedLater.sent();
    clock.advance(1_000);
    const other = hold("other", {}, 20);
    evictedLater[Symbol.dispose]();
    evictedLater.resize(50 * KIB);
    other.resize(30 * KIB);
    assert.equal(budget.bytes, 30 * KIB);
    other[Symbol.dispose]();
    other[Symbol.dispose]();
    assert.equal(budget.bytes, 0);
  });
});
