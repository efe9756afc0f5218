import assert from "node:assert/strict";
import { Regression } from "../../../src/engine/loop/robust-statistics.js";

function through(points: readonly (readonly [number, number])[], capacity = 15): Regression {
  const line = new Regression(capacity);
  for (const [x, y] of points) line.push({ x, y });
  return line;
}

const rounded = (line: Regression): (number | undefined)[] =>
  [line.value?.intercept, line.value?.slope].map((part) => part && Number(part.toFixed(3)));

describe("regression", () => {
  it("is none without a point, and none again once cleared", () => {
    assert.deepEqual(rounded(through([])), [undefined, undefined]);
    const line = through([[1, 1]]);
    assert.deepEqual(rounded(line), [0, 1]);
    line.clear();
    assert.deepEqual(rounded(line), [undefined, undefined]);
    assert.equal(line.count, 0);
  });

  it("goes through the origin where all points have one x", () => {
    const values = rounded(
      through([
        [2, 1],
        [2, 1.2],
        [2, 0.8],
      ]),
    );
    assert.deepEqual(values, [0, 0.5]);
  });

  it("tells what is there at once from what every step adds", () => {
    const line = through([1, 2, 4, 8, 3].map((x) => [x, 0.6 + 0.25 * x] as const));
    assert.deepEqual(rounded(line), [0.6, 0.25]);
  });

  it("is not turned by points that are far off", () => {
    const points = Array.from({ length: 15 }, (_, index) => {
      const x = 1 + (index % 5);
      return [x, 0.5 + 0.2 * x + (index % 4 === 0 ? 7 : 0)] as const;
    });
    assert.deepEqual(rounded(through(points)), [0.5, 0.2]);
  });

  it("has no negative part", () => {
    const falling = through([1, 2, 3, 4].map((x) => [x, 1 - 0.1 * x] as const)).value;
    assert.equal(falling?.slope, 0);
    const below = through([1, 2, 3, 4].map((x) => [x, x - 0.5] as const)).value;
    assert.equal(below?.intercept, 0);
  });

  it("forgets the oldest", () => {
    const line = through([...Array.from({ length: 20 }, () => [1, 9] as const), [1, 2], [1, 2], [1, 2]], 3);
    assert.deepEqual(rounded(line), [0, 2]);
    assert.equal(line.count, 3);
  });
});
