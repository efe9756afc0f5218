import assert from "node:assert/strict";
import fc from "fast-check";
import type { BenchReport } from "./bench-report.js";
import { EXAMPLE_REPORT } from "./example-report.js";
import { htmlReport } from "./html-report.js";
import { findMarkupFlaw } from "./markup-flaws.js";

/** A report that has the text everywhere where one may stand. */
function reportOf(text: string): BenchReport {
  return {
    ...EXAMPLE_REPORT,
    commit: text,
    machine: text,
    model: text,
    command: text,
    leftOut: [text],
    cases: [
      {
        name: text,
        title: text,
        seconds: 1,
        failure: text,
        rows: [
          { what: text, unit: text, rill: 1, peer: 2, ratio: 0.5, aim: { atMost: 1 }, verdict: "met", rounds: [] },
          { what: text, unit: "", rill: 1, aim: { atLeast: 2 }, verdict: "not met", rounds: [] },
        ],
        plots: (["lines", "points", "steps"] as const).map((marks) => ({
          title: text,
          xLabel: text,
          yLabel: text,
          marks,
          series: [
            { name: text, points: [[0, 1] as const, [2, 3] as const] },
            { name: text, points: [] },
          ],
        })),
      },
    ],
  };
}

describe("the bench's page", () => {
  it("is well-formed whatever its texts hold, and shows them as they are", () => {
    const nasty = fc.oneof(fc.string(), fc.stringMatching(/^[<>&"'/a]{0,12}$/));
    fc.assert(fc.property(nasty, (text) => assert.equal(findMarkupFlaw(htmlReport(reportOf(text))), undefined)));
    const page = htmlReport(reportOf(`<script>alert("a&b")</script>`));
    assert.ok(!page.includes("<script"));
    assert.ok(page.includes("&lt;script&gt;alert(&quot;a&amp;b&quot;)&lt;/script&gt;"));
  });

  it("needs nothing from elsewhere", () => {
    assert.doesNotMatch(htmlReport(reportOf("text")), /<(?:script|link|img|iframe)|https?:|url\(|@import/);
  });

  it("shows each row's figures, ratio, aim and verdict, and leaves empty what there is not", () => {
    const page = htmlReport(reportOf("rate"));
    const lines = [...page.matchAll(/<tr>(?:<td[^>]*>[^<]*<\/td>)+<\/tr>/g)].map(([line]) =>
      [...line.matchAll(/<td[^>]*>([^<]*)</g)].map(([, cell]) => cell),
    );
    assert.deepEqual(lines, [
      ["rate (rate)", "1", "2", "0.500", "≤ 1", "met"],
      ["rate", "1", "", "", "≥ 2", "not met"],
    ]);
  });

  it("draws a plot's points where their values are, the greatest y highest", () => {
    const [, drawn = ""] = /<g class="s0">(.*?)<\/g>/.exec(htmlReport(reportOf("text"))) ?? [];
    const [first, second] = [...drawn.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    assert.ok(first !== undefined && second !== undefined);
    assert.ok((first[0] ?? 0) < (second[0] ?? 0) && (first[1] ?? 0) > (second[1] ?? 0));
  });
});

describe("the check for well-formed markup", () => {
  it("sees stray signs, unclosed tags and tags that cross", () => {
    for (const flawed of ["a & b", "a < b", "<p>", "</p>", "<b><i></b></i>", `<p a="<"></p>`, "<p a=b></p>"]) {
      assert.notEqual(findMarkupFlaw(flawed), undefined, flawed);
    }
    assert.equal(findMarkupFlaw(`<!DOCTYPE html><p a="1">x &amp; y<br/></p>`), undefined);
  });
});
