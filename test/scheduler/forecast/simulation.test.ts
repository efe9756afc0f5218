import assert from "node:assert/strict";
import fc from "fast-check";
import { type SimulationStart, type SimulatedRun, simulate } from "../../../src/scheduler/forecast/simulation.js";

const run = (fields: Partial<SimulatedRun>): SimulatedRun => ({
  prefillMsLeft: 0,
  outputTokens: 0,
  leavesAtMs: Infinity,
  timeLimitMs: Infinity,
  bound: undefined,
  ...fields,
});

/** A step takes 10 ms and 2 more for each run beside the first; prefilling adds 50. */
const PACE: SimulationStart["pace"] = { decodeStepMs: (width) => (width === 0 ? 0 : 8 + 2 * width), prefillStepMs: 50 };

const rounded = (start: Pick<SimulationStart, "slots" | "held" | "queue"> & Partial<SimulationStart>): number[][] =>
  simulate({ leastWidth: 0, ...start, pace: PACE }).map(({ startMs, endMs }) => [
    Math.round(startMs),
    Math.round(endMs),
  ]);

describe("simulate", () => {
  it("decodes all that hold a slot side by side, and starts the next when one ends", () => {
    const times = rounded({
      slots: 2,
      held: [run({ outputTokens: 10 }), run({ outputTokens: 30 })],
      queue: [run({ outputTokens: 40 })],
    });
    // 10 steps of two; then two again for 20 steps; then the last 20 alone.
    assert.deepEqual(times, [[120, 120 + 240 + 200]]);
  });

  it("prefills inputs beside the decoding, which slows down meanwhile", () => {
    const times = rounded({
      slots: 2,
      held: [run({ outputTokens: 5 })],
      queue: [run({ prefillMsLeft: 100, outputTokens: 1 }), run({})],
    });
    // Two steps of 10 + 50 prefill it; its one token takes a step of two; two tokens of the other are left.
    assert.deepEqual(times, [
      [0, 132],
      [132, 132],
    ]);
  });

  it("shares the prefill of a step between the runs that are prefilling", () => {
    const times = rounded({ slots: 2, held: [], queue: [run({ prefillMsLeft: 100 }), run({ prefillMsLeft: 200 })] });
    assert.deepEqual(times, [
      [0, 200],
      [0, 300],
    ]);
  });

  it("takes no decode step for quicker than one of the least width", () => {
    const times = rounded({ slots: 4, held: [], queue: [run({ outputTokens: 10 })], leastWidth: 3 });
    assert.deepEqual(times, [[0, 140]]);
  });

  it("ends a run at its deadline and at its time limit, and gives one that is too late no slot", () => {
    const times = rounded({
      slots: 1,
      held: [run({ outputTokens: 1_000, leavesAtMs: 100 })],
      queue: [
        run({ outputTokens: 1_000, timeLimitMs: 50 }),
        run({ outputTokens: 1_000, leavesAtMs: 120 }),
        run({ outputTokens: 1 }),
      ],
    });
    assert.deepEqual(times, [
      [100, 150],
      [150, 150],
      [150, 160],
    ]);
  });

  it("holds a tenant to its bound beside free slots, and lets those behind it pass", () => {
    const bound = { mostRunning: 1 };
    const times = rounded({
      slots: 3,
      held: [run({ outputTokens: 10, bound })],
      queue: [run({ outputTokens: 10, bound }), run({ outputTokens: 30, bound }), run({ outputTokens: 20 })],
    });
    // Two decode side by side all the time: the other one's 20 tokens beside ten of the held run and ten of the next.
    assert.deepEqual(times, [
      [120, 240],
      [240, 240 + 300],
      [0, 240],
    ]);
  });

  it("comes to an end whatever the runs, never serves a later one first, and holds each tenant to its bound", () => {
    const bounds = [{ mostRunning: 1 }, { mostRunning: 2 }];
    const runs = fc.record({
      bound: fc.constantFrom(undefined, ...bounds),
      prefillMsLeft: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e4, noNaN: true })),
      outputTokens: fc.nat(500),
      leavesAtMs: fc.oneof(fc.constant(Infinity), fc.double({ min: -10, max: 1e4, noNaN: true })),
      timeLimitMs: fc.oneof(fc.constant(Infinity), fc.double({ min: 0, max: 1e4, noNaN: true })),
    });
    const someRuns = fc.array(runs, { maxLength: 12 });
    const stepMs = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.record({ held: someRuns, queue: someRuns }),
        fc.record({ decodeMs: stepMs, prefillMs: stepMs }),
        (slots, { held, queue }, { decodeMs, prefillMs }) => {
          const pace = { decodeStepMs: (width: number) => width * decodeMs, prefillStepMs: prefillMs };
          const times = simulate({ slots, held: held.slice(0, slots), queue, leastWidth: 0, pace });
          assert.equal(times.length, queue.length);
          for (const { startMs, endMs } of times) assert.ok(endMs >= startMs && Number.isFinite(endMs));
          for (const bound of [undefined, ...bounds]) {
            const own = times.filter((_, index) => queue[index]?.bound === bound);
            for (const [index, { startMs }] of own.entries()) assert.ok(startMs >= (own[index - 1]?.startMs ?? 0));
            if (bound === undefined) continue;
            for (const { startMs } of own) {
              const running = own.filter((each) => each.startMs <= startMs && each.endMs > startMs).length;
              assert.ok(running <= bound.mostRunning, `${running} of at most ${bound.mostRunning} run`);
            }
          }
        },
      ),
    );
  });
});
