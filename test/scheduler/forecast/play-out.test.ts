import assert from "node:assert/strict";
import fc from "fast-check";
import { type Future, type Load, playOut } from "../../../src/scheduler/forecast/play-out.js";

const load = (fields: Partial<Load>): Load => ({
  prefillMsLeft: 0,
  outputTokens: 0,
  leavesAtMs: Infinity,
  timeLimitMs: Infinity,
  ...fields,
});

/** A step takes 10 ms and 2 more for each run beside the first; reading in adds 50. */
const PACE: Future["pace"] = { decodeStepMs: (width) => (width === 0 ? 0 : 8 + 2 * width), prefillStepMs: 50 };

const rounded = (future: Pick<Future, "slots" | "held" | "line"> & Partial<Future>): number[][] =>
  playOut({ leastWidth: 0, ...future, pace: PACE }).map(({ startMs, endMs }) => [
    Math.round(startMs),
    Math.round(endMs),
  ]);

describe("playOut", () => {
  it("decodes all that hold a slot side by side, and starts the next when one ends", () => {
    const stays = rounded({
      slots: 2,
      held: [load({ outputTokens: 10 }), load({ outputTokens: 30 })],
      line: [load({ outputTokens: 40 })],
    });
    // 10 steps of two; then two again for 20 steps; then the last 20 alone.
    assert.deepEqual(stays, [[120, 120 + 240 + 200]]);
  });

  it("reads inputs in beside the decoding, which slows down meanwhile", () => {
    const stays = rounded({
      slots: 2,
      held: [load({ outputTokens: 5 })],
      line: [load({ prefillMsLeft: 100, outputTokens: 1 }), load({})],
    });
    // Two steps of 10 + 50 read it in; its one token takes a step of two; two tokens of the other are left.
    assert.deepEqual(stays, [
      [0, 132],
      [132, 132],
    ]);
  });

  it("shares the reading of a step between those who are being read in", () => {
    const stays = rounded({ slots: 2, held: [], line: [load({ prefillMsLeft: 100 }), load({ prefillMsLeft: 200 })] });
    assert.deepEqual(stays, [
      [0, 200],
      [0, 300],
    ]);
  });

  it("takes no decode step for quicker than one of the least width", () => {
    const stays = rounded({ slots: 4, held: [], line: [load({ outputTokens: 10 })], leastWidth: 3 });
    assert.deepEqual(stays, [[0, 140]]);
  });

  it("ends a run at its deadline and at its time limit, and gives one that is too late no slot", () => {
    const stays = rounded({
      slots: 1,
      held: [load({ outputTokens: 1_000, leavesAtMs: 100 })],
      line: [
        load({ outputTokens: 1_000, timeLimitMs: 50 }),
        load({ outputTokens: 1_000, leavesAtMs: 120 }),
        load({ outputTokens: 1 }),
      ],
    });
    assert.deepEqual(stays, [
      [100, 150],
      [150, 150],
      [150, 160],
    ]);
  });

  it("comes to an end whatever the loads, and never serves a later one first", () => {
    const loads = fc.record({
      prefillMsLeft: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e4, noNaN: true })),
      outputTokens: fc.nat(500),
      leavesAtMs: fc.oneof(fc.constant(Infinity), fc.double({ min: -10, max: 1e4, noNaN: true })),
      timeLimitMs: fc.oneof(fc.constant(Infinity), fc.double({ min: 0, max: 1e4, noNaN: true })),
    });
    const someLoads = fc.array(loads, { maxLength: 12 });
    const stepMs = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.record({ held: someLoads, line: someLoads }),
        fc.record({ decodeMs: stepMs, prefillMs: stepMs }),
        (slots, { held, line }, { decodeMs, prefillMs }) => {
          const pace = { decodeStepMs: (width: number) => width * decodeMs, prefillStepMs: prefillMs };
          const stays = playOut({ slots, held: held.slice(0, slots), line, leastWidth: 0, pace });
          assert.equal(stays.length, line.length);
          let lastMs = 0;
          for (const { startMs, endMs } of stays) {
            assert.ok(startMs >= lastMs && endMs >= startMs && Number.isFinite(endMs));
            lastMs = startMs;
          }
        },
      ),
    );
  });
});
