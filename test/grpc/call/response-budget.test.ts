import assert from "node:assert/strict";
import { ResponseBudget } from "../../../src/grpc/call/response-budget.js";
import { ManualClock } from "../../support/manual-clock.js";

const KIB = 1024;

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
