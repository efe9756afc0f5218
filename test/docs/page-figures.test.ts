import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ProofReport } from "../proof/report.js";

/** The figures of a report's findings whose description begins so. */
function figuresOf(name: string, what: string): readonly string[] {
  const { findings } = JSON.parse(readFileSync(`test/proof/reports/${name}.json`, "utf8")) as ProofReport;
  const figures = findings.filter((finding) => finding.what.includes(what)).map(({ figure }) => figure);
  assert.notDeepEqual(figures, [], `${name}: no finding is about ${what}`);
  return figures;
}

/** The numbers at the beginnings of figures, added up. */
function sumOf(figures: readonly string[]): number {
  return figures.reduce((sum, figure) => sum + Number.parseFloat(figure), 0);
}

/** The text of a page in one line, without the breaks of its paragraphs. */
function pageText(path: string): string {
  return readFileSync(path, "utf8").replaceAll(/\s+/g, " ");
}

describe("The figures of proofs in the pages", () => {
  it("of what each client reads ahead are those of the report", () => {
    const page = pageText("docs/streaming.md");
    for (const figure of figuresOf("read-ahead", "decoded for a reader that stopped")) {
      const [, tokens = "", kibibytes = ""] = /^(\d+) tokens, (\d+) KiB/.exec(figure) ?? [];
      const shown = `${Number(tokens).toLocaleString("en")} tokens, ${kibibytes} KiB`;
      assert.ok(page.includes(shown), `${shown} is not in the page`);
    }
    const [stalled = ""] = figuresOf("back-pressure", "decoded tokens of a stalled generation");
    assert.ok(page.includes(`window of 1 KiB | ${Number.parseFloat(stalled)} tokens |`));
  });

  it("of constraints and grammars are those of the reports", () => {
    const page = pageText("docs/structured-output.md");
    const [longest = ""] = figuresOf("grammars", "longest time from input to answer");
    assert.ok(page.includes(`none took longer than ${Math.ceil(Number.parseFloat(longest))} ms`), longest);
  });

  it("of deadlines are those of the report", () => {
    const refused = sumOf(figuresOf("admission", "calls refused, or given up in the queue"));
    assert.ok(
      pageText("docs/generating.md").includes(`Of 6,000 simulated calls, ${refused} were refused`),
      `${refused}`,
    );
  });
});
