import assert from "node:assert/strict";
import fc from "fast-check";
import { axisOf } from "./axis-ticks.js";
import { formatFigure } from "./table-cells.js";
import { textTable } from "./text-table.js";

describe("the bench's figures", () => {
  it("are written with four digits that count", () => {
    const figures = [0, 0.001234, 0.5, 1.23456, 12.3456, 123.456, 1234.56, 60_000, -1.5];
    assert.deepEqual(figures.map(formatFigure), [
      "0",
      "0.001234",
      "0.5",
      "1.235",
      "12.35",
      "123.5",
      "1,235",
      "60,000",
      "-1.5",
    ]);
  });

  it("stand under each other in the printed table", () => {
    assert.equal(
      textTable([
        ["what", "Rill"],
        ["a", "1,000"],
        ["longer", ""],
      ]),
      "what     Rill\na       1,000\nlonger",
    );
  });

  it("lie within an axis of a few even steps that begins at zero or below them", () => {
    assert.deepEqual(axisOf([3, 16], 8), { from: 0, to: 16, ticks: [0, 2, 4, 6, 8, 10, 12, 14, 16] });
    assert.deepEqual(axisOf([0.1, 0.31], 3).ticks, [0, 0.2, 0.4]);
    const hundredths = fc.integer({ min: -1e8, max: 1e8 }).map((value) => value / 100);
    const values = fc.array(hundredths, { minLength: 1 });
    fc.assert(
      fc.property(values, (some) => {
        const { from, to, ticks } = axisOf(some, 8);
        const most = Math.max(...some);
        assert.ok(from < to && from <= Math.min(0, ...some) && to >= most - Math.abs(most) * 1e-9);
        assert.ok(ticks.length >= 2 && ticks.length <= 12, String(ticks));
        assert.deepEqual(
          [ticks[0], ticks.at(-1)],
          [from, to].map((end) => Number(end.toPrecision(12))),
        );
      }),
    );
  });
});
