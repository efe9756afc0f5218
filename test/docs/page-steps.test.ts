import assert from "node:assert/strict";
import { parsePage, readPage } from "./markdown-page.js";
import { pageFiles } from "./page-files.js";
import { pageSteps } from "./page-steps.js";

describe("The steps of a page", () => {
  const steps = (...lines: string[]) => pageSteps(parsePage("page.md", lines.join("\n")));

  it("are the commands of a console block, each with its output", () => {
    assert.deepEqual(steps("```console", "$ one \\", "  more", "out", "$ two", "```"), [
      { type: "command", command: "one \\\n  more", expected: "out", line: 2 },
      { type: "command", command: "two", expected: "", line: 5 },
    ]);
  });

  it("are a shell block with the block of its output, and files", () => {
    assert.deepEqual(
      steps("```sh", "run", "```", "prints", "```text", "out", "```", "```python file=a.py", "x = 1", "```"),
      [
        { type: "command", command: "run", expected: "out", line: 1 },
        { type: "file", name: "a.py", text: "x = 1\n", line: 8 },
      ],
    );
  });

  it("are servers with flags, and blocks that say what they need", () => {
    const page = [
      "<!-- run: server --parallel 2 -->",
      "",
      "<!-- run: not, it needs a GPU -->",
      "",
      "```sh",
      "nvidia-smi",
      "```",
    ];
    assert.deepEqual(steps(...page), [
      { type: "server", flags: "--parallel 2", line: 1 },
      { type: "unrun", needs: "a GPU", line: 5 },
    ]);
  });

  it("refuse a block without a role, a command without output and an unknown directive", () => {
    assert.throws(() => steps("```python", "x = 1", "```"), /page\.md:1: a block of "python" is neither/);
    assert.throws(() => steps("```text", "alone", "```"), /page\.md:1: a block of "text" is neither/);
    assert.throws(() => steps("```sh", "run", "```"), /page\.md:1: no block of expected output follows/);
    assert.throws(() => steps("```console", "out", "```"), /page\.md:1: a console block begins with/);
    assert.throws(() => steps("<!-- run: servr -->"), /page\.md:1: unknown directive "servr"/);
  });

  for (const file of pageFiles()) {
    it(`are clear in every block of ${file}`, () => {
      pageSteps(readPage(file));
    });
  }
});
