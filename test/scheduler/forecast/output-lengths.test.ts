import assert from "node:assert/strict";
import fc from "fast-check";
import { OutputLengths } from "../../../src/scheduler/forecast/output-lengths.js";

const SHARES = [0.1, 0.3, 0.5, 0.7, 0.9];

function learnt(lengths: readonly number[], cut: readonly number[] = []): OutputLengths {
  const outputs = new OutputLengths();
  for (const tokens of lengths) outputs.observe(tokens, true);
  for (const tokens of cut) outputs.observe(tokens, false);
  return outputs;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("OutputLengths", () => {
  it("knows nothing of the first outputs: one half ends now, the other goes on to its maximum", () => {
    const outputs = learnt(upTo(15));
    assert.deepEqual(
      SHARES.map((share) => outputs.remaining(10, 100, share)),
      [0, 0, 90, 90, 90],
    );
  });

  it("tells the shares of the lengths that it saw", () => {
    const outputs = learnt(upTo(100));
    assert.deepEqual(
      SHARES.map((share) => outputs.remaining(0, 1_000, share)),
      [10, 30, 50, 70, 90],
    );
  });

  it("counts from where an output has got to, and never beyond its maximum", () => {
    const outputs = learnt(upTo(100));
    assert.equal(outputs.remaining(60, 1_000, 0.5), 20);
    assert.equal(outputs.remaining(60, 70, 0.5), 10);
    assert.equal(outputs.remaining(0, 30, 0.9), 30);
  });

  it("takes an output that was cut off for one that would have been longer", () => {
    const outputs = learnt([...Array.from({ length: 50 }, () => 100)], [...Array.from({ length: 50 }, () => 10)]);
    assert.equal(outputs.remaining(0, 1_000, 0.1), 100);
    assert.equal(outputs.remaining(0, 10, 0.9), 10);
  });

  it("knows nothing of one that is longer than all", () => {
    const outputs = learnt(upTo(100));
    assert.deepEqual(
      SHARES.map((share) => outputs.remaining(100, 500, share)),
      [0, 0, 400, 400, 400],
    );
  });

  it("forgets what is long ago", () => {
    const outputs = learnt([...Array.from({ length: 300 }, () => 1_000), ...Array.from({ length: 256 }, () => 5)]);
    assert.equal(outputs.remaining(0, 2_000, 0.9), 5);
  });

  it("gives no less to a larger share, and nothing below 0 or above the maximum", () => {
    const sample = fc.record({ tokens: fc.nat(200), complete: fc.boolean() });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 300 }), fc.nat(250), fc.nat(250), (samples, generated, more) => {
        const outputs = new OutputLengths();
        for (const { tokens, complete } of samples) outputs.observe(tokens, complete);
        const left = SHARES.map((share) => outputs.remaining(generated, generated + more, share));
        assert.deepEqual(
          left,
          left.toSorted((a, b) => a - b),
        );
        for (const tokens of left) assert.ok(tokens >= 0 && tokens <= more);
      }),
    );
  });
});
