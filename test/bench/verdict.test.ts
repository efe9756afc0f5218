import assert from "node:assert/strict";
import { percentile } from "../support/percentile.js";
import { toRow } from "./bench-row.js";
import { median } from "./median.js";
import { judge } from "./verdict.js";

describe("a row of the bench", () => {
  it("holds the median of the rounds, and of the rounds' ratios, not the ratio of the medians", () => {
    const row = toRow({ what: "rate", unit: "tok/s" }, [
      { rill: 10, peer: 20 },
      { rill: 30, peer: 30 },
      { rill: 20, peer: 10 },
    ]);
    assert.deepEqual([row.rill, row.peer, row.ratio], [20, 20, 1]);
    const skewed = toRow({ what: "rate", unit: "tok/s" }, [
      { rill: 10, peer: 10 },
      { rill: 90, peer: 100 },
      { rill: 40, peer: 20 },
    ]);
    assert.deepEqual([skewed.rill, skewed.peer, skewed.ratio], [40, 20, 1]);
  });

  it("has no ratio without a peer", () => {
    const row = toRow({ what: "rate", unit: "tok/s" }, [{ rill: 3 }, { rill: 1 }]);
    assert.deepEqual([row.rill, row.peer, row.ratio], [2, undefined, undefined]);
  });

  it("refuses what is no figure", () => {
    assert.throws(() => toRow({ what: "rate", unit: "" }, [{ rill: NaN }]), /rate: no figure/);
    assert.throws(() => toRow({ what: "rate", unit: "" }, [{ rill: 1, peer: Infinity }]), /rate: no figure/);
    assert.throws(() => toRow({ what: "rate", unit: "" }, []), RangeError);
  });

  it("is judged by its ratio where there is one, else by Rill's figure", () => {
    const aim = { atMost: 1 };
    assert.equal(judge({ rill: 500, ratio: 0.9, aim }), "met");
    assert.equal(judge({ rill: 0.5, ratio: 1.1, aim }), "not met");
    assert.equal(judge({ rill: 0.5, aim }), "met");
    assert.equal(judge({ rill: 1.5, aim }), "not met");
    assert.equal(judge({ rill: 1.5 }), "no aim");
  });

  it("is judged by Rill's figure where the aim is about that, whatever the peer's", () => {
    assert.equal(judge({ rill: 500, ratio: 0.9, aim: { about: "figure", atMost: 1 } }), "not met");
    assert.equal(judge({ rill: 0.5, ratio: 1.1, aim: { about: "figure", atMost: 1 } }), "met");
  });

  it("meets an aim at its very bound, from both sides", () => {
    const aim = { atLeast: 0.9, atMost: 1.1 };
    assert.deepEqual(
      [0.89, 0.9, 1.1, 1.11].map((ratio) => judge({ rill: 0, ratio, aim })),
      ["not met", "met", "met", "not met"],
    );
  });
});

describe("the middle and other shares of values", () => {
  it("takes the mean of the two in the middle where their number is even", () => {
    assert.equal(median([5, 1, 9]), 5);
    assert.equal(median([4, 1, 9, 6]), 5);
    assert.throws(() => median([]), RangeError);
  });

  it("takes as percentile a value that is there", () => {
    const values = [30, 10, 20, 40];
    assert.deepEqual(
      [0, 0.25, 0.5, 0.75, 0.99, 1].map((share) => percentile(values, share)),
      [10, 10, 20, 30, 40, 40],
    );
    assert.throws(() => percentile([], 0.5), RangeError);
  });
});
