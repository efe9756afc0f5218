import assert from "node:assert/strict";
import { EXAMPLE_REPORT } from "../../bench/report/example-report.js";
import type { JudgedRow } from "../../bench/report/bench-report.js";
import type { KeptReport } from "../../bench/report/kept-report.js";
import { fillFigures } from "./performance-page.js";

function reportOf(name: string, rows: readonly JudgedRow[], facts: Partial<KeptReport> = {}): KeptReport {
  return {
    ...EXAMPLE_REPORT,
    path: `test/bench/reports/${name}.json`,
    cases: [{ name, title: name, seconds: 1, rows, plots: [] }],
    ...facts,
  };
}

const RATE: JudgedRow = {
  what: "rate",
  unit: "tok/s",
  rill: 158.72,
  peer: 97.04,
  ratio: 1.6901,
  aim: { atLeast: 0.9 },
  verdict: "met",
  rounds: [],
};
const REFUSAL: JudgedRow = {
  what: "refusal",
  unit: "ms",
  rill: 0.41776,
  peer: 0.1345,
  ratio: 3.106,
  aim: { about: "figure", atMost: 0.2 },
  verdict: "not met",
  rounds: [],
};
const PIECES: JudgedRow = { what: "pieces", unit: "", rill: 67_098, verdict: "no aim", rounds: [] };

describe("The tables of figures in a page", () => {
  it("hold what the reports hold, with a link to them, whatever they held before", () => {
    const old = "before\n\n<!-- figures of streams, path beside a peer -->\n\nold\n\n<!-- end of figures -->\n\nafter";
    const reports = [reportOf("streams", [RATE]), reportOf("path", [PIECES, REFUSAL], { rounds: 1 })];
    const filled = fillFigures(old, reports);
    assert.equal(
      filled,
      `before

<!-- figures of streams, path beside a peer -->

| what | Rill | a peer | ratio | aim |
| --- | --- | --- | --- | --- |
| **streams** |  |  |  |  |
| rate, tok/s | 159 | 97 | 1.69 | ≥ 0.9, met |
| **path** |  |  |  |  |
| pieces | 67,100 |  |  |  |
| refusal, ms | 0.418 | 0.135 | 3.11 | ≤ 0.2 ms |

[Report](../test/bench/reports/streams.json) of 2026-01-02, commit abc1234, medians of 3 rounds, 2 cores. [Report](../test/bench/reports/path.json) of 2026-01-02, commit abc1234, one round, 2 cores.

<!-- end of figures -->

after`,
    );
    assert.equal(fillFigures(filled, reports), filled);
  });

  it("need comments that belong together", () => {
    const reports = [reportOf("streams", [RATE])];
    const end = "<!-- end of figures -->";
    for (const page of [
      `<!-- figures of streams2 -->\n${end}`,
      `<!--  figures of streams -->\n${end}`,
      "<!-- figures of streams -->\n",
      `<!-- figures of streams -->\ntext\n<!-- figures of streams -->\n${end}`,
      end,
    ]) {
      assert.throws(() => fillFigures(page, reports), /comments mark \d whole sections/, page);
    }
  });

  it("need exactly one report of each case", () => {
    const page = "<!-- figures of streams -->\n<!-- end of figures -->";
    assert.throws(() => fillFigures(page, []), /^Error: 0 of the bench's reports hold the case streams/);
    const twice = [reportOf("streams", [RATE]), reportOf("streams", [PIECES])];
    assert.throws(() => fillFigures(page, twice), /^Error: 2 of the bench's reports hold the case streams/);
  });
});
