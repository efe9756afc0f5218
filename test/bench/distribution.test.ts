import assert from "node:assert/strict";
import fc from "fast-check";
import { distribution } from "./distribution.js";

describe("the distribution of measured values", () => {
  it("tells for each value how many are at most so great", () => {
    assert.deepEqual(distribution("gaps", [30, 10, 40, 20]).points, [
      [10, 25],
      [20, 50],
      [30, 75],
      [40, 100],
    ]);
  });

  it("rises to all of them at the greatest, in a few hundred points however many there are", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 1_000 }), (values) => {
        const { points } = distribution("gaps", values);
        assert.deepEqual(points.at(-1), [Math.max(...values), 100]);
        assert.ok(points.length <= 201);
        for (const [index, [x, share]] of points.entries()) {
          assert.ok(x >= (points[index - 1]?.[0] ?? 0) && share > (points[index - 1]?.[1] ?? 0));
        }
      }),
    );
  });
});
