import assert from "node:assert/strict";
import { tableHead, tableLine } from "../../../src/cli/bench/bench-table.js";

const FIGURES = {
  streams: 16,
  calls: 48,
  outputTokens: 3_072,
  reusedInputTokens: 0,
  tokensPerSecond: 412.345,
  firstTokenMs: { p50: 98.76, p99: 1_234.5 },
  gapMs: { p50: 2.345, p99: 0.0456 },
  errors: {},
};

describe("the table of rill bench", () => {
  it("puts each figure below its heading", () => {
    const [head, line] = [tableHead(), tableLine(FIGURES)];
    assert.deepEqual(line.trim().split(/\s{2,}/), ["16", "412", "98.8 ms", "1235 ms", "2.35 ms", "0.046 ms", "none"]);
    assert.equal(head.indexOf("tok/s") + "tok/s".length, line.indexOf("412") + "412".length);
    assert.equal(head.indexOf("errors"), line.indexOf("none"));
  });

  it("names what failed, and shows a bar where nothing was measured", () => {
    const line = tableLine({ ...FIGURES, firstTokenMs: null, gapMs: null, errors: { QUEUE_FULL: 3, UNAVAILABLE: 1 } });
    assert.match(line, /412 +- +- +- +- {2}QUEUE_FULL ×3, UNAVAILABLE ×1$/);
  });
});
