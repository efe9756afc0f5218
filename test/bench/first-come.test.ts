import assert from "node:assert/strict";
import fc from "fast-check";
import { idealWaitsMs, overtakers } from "./first-come.js";

const calls = fc.array(fc.record({ arrivedAtMs: fc.nat(1_000), heldMs: fc.nat(500) }), { maxLength: 30 });
const slotCounts = fc.integer({ min: 1, max: 8 });

describe("an ideal queue, first come, first served", () => {
  it("gives the slot that falls free first to who came first, whatever order they are told in", () => {
    const line = [
      { arrivedAtMs: 3, heldMs: 1 },
      { arrivedAtMs: 0, heldMs: 10 },
      { arrivedAtMs: 1, heldMs: 4 },
      { arrivedAtMs: 2, heldMs: 9 },
    ];
    // At 0 and 1 the slots are taken until 10 and 5; who came at 2 starts at 5, until 14; who came at 3 starts at 10.
    assert.deepEqual(idealWaitsMs(line, 2), [7, 0, 0, 3]);
  });

  it("lets nobody wait while there are as many slots as calls", () => {
    fc.assert(
      fc.property(calls, (line) => assert.ok(idealWaitsMs(line, Math.max(1, line.length)).every((wait) => wait === 0))),
    );
  });

  it("starts calls in the order in which they came, at most as many at a time as there are slots", () => {
    fc.assert(
      fc.property(calls, slotCounts, (line, slots) => {
        const waits = idealWaitsMs(line, slots);
        const played = line.map((call, index) => {
          const begunAtMs = call.arrivedAtMs + (waits[index] ?? NaN);
          return { ...call, begunAtMs, endedAtMs: begunAtMs + call.heldMs };
        });
        assert.equal(overtakers(played, 0), 0);
        for (const { begunAtMs } of played) {
          const running = played.filter((other) => other.begunAtMs <= begunAtMs && begunAtMs < other.endedAtMs);
          assert.ok(running.length <= slots);
        }
      }),
    );
  });

  it("leaves no slot free while somebody waits", () => {
    fc.assert(
      fc.property(calls, slotCounts, (line, slots) => {
        const waits = idealWaitsMs(line, slots);
        for (const [index, { arrivedAtMs }] of line.entries()) {
          const wait = waits[index] ?? NaN;
          assert.ok(wait >= 0);
          if (wait === 0) continue;
          const endings = line.map((call, other) => call.arrivedAtMs + (waits[other] ?? NaN) + call.heldMs);
          assert.ok(endings.includes(arrivedAtMs + wait), "it starts when another ends");
        }
      }),
    );
  });
});

describe("calls that overtake", () => {
  it("are those that began before one that had come earlier, by more than the tolerance", () => {
    const begun = (...starts: number[]): { arrivedAtMs: number; begunAtMs: number }[] =>
      starts.map((begunAtMs, index) => ({ arrivedAtMs: index, begunAtMs }));
    assert.equal(overtakers(begun(10, 20, 30), 0), 0);
    assert.equal(overtakers(begun(30, 10, 20), 0), 2);
    assert.equal(overtakers(begun(10, 30, 26), 5), 0);
    assert.equal(overtakers(begun(10, 30, 24), 5), 1);
    assert.equal(overtakers(begun(10, 30, 24).toReversed(), 5), 1);
  });
});
