import assert from "node:assert/strict";
import type { BenchResult } from "../../../src/cli/bench/bench-call.js";
import { tableHead, tableLine, toFigures } from "../../../src/cli/bench/bench-figures.js";

const done = (outputTokens: number, firstTokenMs: number, gapsMs: readonly number[]): BenchResult => ({
  type: "done",
  outputTokens,
  reusedInputTokens: 3,
  firstTokenMs,
  gapsMs,
});

describe("toFigures", () => {
  it("takes the tokens of all rounds over the time of all rounds", () => {
    const rounds = [
      { wallMs: 1_000, results: [done(60, 10, []), done(40, 20, [])] },
      { wallMs: 3_000, results: [done(100, 30, []), done(200, 40, [])] },
    ];
    const { calls, outputTokens, reusedInputTokens, tokensPerSecond } = toFigures(2, rounds);
    assert.deepEqual(
      { calls, outputTokens, reusedInputTokens, tokensPerSecond },
      { calls: 4, outputTokens: 400, reusedInputTokens: 12, tokensPerSecond: 100 },
    );
  });

  it("takes the median and the hundredth worst of all times to first token and of all gaps", () => {
    const gaps = Array.from({ length: 200 }, (_, index) => 200 - index);
    const { firstTokenMs, gapMs } = toFigures(1, [
      { wallMs: 1, results: [done(1, 5, gaps.slice(0, 90)), done(1, 7, gaps.slice(90)), done(1, 6, [])] },
    ]);
    assert.deepEqual(firstTokenMs, { p50: 6, p99: 7 });
    assert.deepEqual(gapMs, { p50: 100, p99: 198 });
  });

  it("counts failed calls by reason, and their tokens not at all", () => {
    const failed = (reason: string): BenchResult => ({ type: "failed", reason });
    const results = [failed("QUEUE_FULL"), done(50, 1, []), failed("QUEUE_FULL"), failed("UNAVAILABLE")];
    const figures = toFigures(4, [{ wallMs: 500, results }]);
    assert.deepEqual(figures.errors, { QUEUE_FULL: 2, UNAVAILABLE: 1 });
    assert.equal(figures.tokensPerSecond, 100);
  });

  it("has no times where no call came to a first token", () => {
    const figures = toFigures(1, [{ wallMs: 500, results: [{ type: "failed", reason: "QUEUE_FULL" }] }]);
    assert.equal(figures.firstTokenMs, null);
    assert.equal(figures.gapMs, null);
    assert.equal(figures.tokensPerSecond, 0);
  });
});

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
