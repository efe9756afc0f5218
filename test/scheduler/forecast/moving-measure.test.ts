import assert from "node:assert/strict";
import { MovingMeasure } from "../../../src/scheduler/forecast/moving-measure.js";

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

  it("moves less for a sample of less weight", () => {
    const [whole, part] = [new MovingMeasure(), new MovingMeasure()];
    for (const measure of [whole, part]) measure.observe(100);
    whole.observe(200);
    part.observe(200, 0.25);
    assert.deepEqual([whole.mean, part.mean], [112.5, 103.125]);
  });
});
