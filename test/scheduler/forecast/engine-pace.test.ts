import assert from "node:assert/strict";
import { EnginePace, MovingMeasure } from "../../../src/scheduler/forecast/engine-pace.js";

function paceAfter(steps: readonly (readonly [stepMs: number, decodingRuns: number, prefillTokens: number])[]) {
  const pace = new EnginePace();
  for (const [stepMs, decodingRuns, prefillTokens] of steps) pace.observe({ stepMs, decodingRuns, prefillTokens });
  return pace;
}

const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

describe("EnginePace", () => {
  it("has measured nothing until a step has decoded", () => {
    assert.equal(paceAfter([[10, 0, 64]]).measured, false);
    assert.equal(paceAfter([[10, 0, 0]]).measured, false);
    assert.equal(paceAfter([[10, 1, 0]]).measured, true);
  });

  it("keeps a step's time apart for each batch width, and takes the nearest width for one it has not met", () => {
    const pace = paceAfter([...times(20, [10, 1, 0] as const), ...times(20, [16, 4, 0] as const)]);
    assert.deepEqual(
      [0, 1, 2, 3, 4, 9].map((width) => pace.decodeStepMs(width)),
      [0, 10, 10, 16, 16, 16],
    );
  });

  it("puts down to the input only what it adds to the decoding beside it", () => {
    const pace = paceAfter([...times(20, [10, 2, 0] as const), ...times(50, [74, 2, 128] as const)]);
    assert.ok(Math.abs(pace.prefillTokenMs - 0.5) < 1e-9);
    assert.ok(Math.abs(pace.prefillStepMs - 64) < 1e-9);
    assert.equal(pace.decodeStepMs(2), 10);
  });

  it("spreads no further than the steps do, and believes one that was held up only so far", () => {
    const steady = paceAfter(times(200, [10, 1, 0] as const)).spread;
    assert.ok(steady.low > 0.99 && steady.high < 1.02);
    const [calm, wild] = [paceAfter(times(50, [10, 1, 0] as const)), new EnginePace()];
    calm.observe({ stepMs: 30_000, decodingRuns: 1, prefillTokens: 0 });
    assert.ok(calm.decodeStepMs(1) < 13);
    for (let step = 0; step < 50; step++)
      wild.observe({ stepMs: step % 2 === 0 ? 2 : 20, decodingRuns: 1, prefillTokens: 0 });
    assert.equal(wild.spread.low, 0.5);
    assert.ok(wild.spread.high > 1.5);
  });
});

describe("MovingMeasure", () => {
  it("takes its first sample for the mean and half of it for the deviation", () => {
    const measure = new MovingMeasure();
    assert.equal(measure.measured, false);
    measure.observe(1_000);
    assert.deepEqual([measure.measured, measure.mean, measure.deviation], [true, 1_000, 500]);
  });

  it("settles where samples agree, and follows a change", () => {
    const measure = new MovingMeasure();
    for (let sample = 0; sample < 100; sample++) measure.observe(1_000);
    assert.ok(measure.deviation < 1);
    for (let sample = 0; sample < 50; sample++) measure.observe(10);
    assert.ok(measure.mean < 20);
  });

  it("soon outweighs a first sample that was taken in a bad moment", () => {
    const [even, small] = [new MovingMeasure(), new MovingMeasure()];
    for (const sample of [8_000, 100, 100, 100]) even.observe(sample);
    assert.equal(even.mean, 2_075);
    small.observe(8_000, 1 / 16);
    small.observe(100, 15 / 16);
    assert.equal(small.mean, 593.75);
  });

  it("moves less for a sample of less weight", () => {
    const [whole, part] = [new MovingMeasure(), new MovingMeasure()];
    for (const measure of [whole, part]) for (let sample = 0; sample < 8; sample++) measure.observe(100);
    whole.observe(200);
    part.observe(200, 0.25);
    assert.deepEqual([whole.mean, part.mean], [112.5, 103.125]);
  });
});
