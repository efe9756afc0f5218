import assert from "node:assert/strict";
import { pickFiles, readRepositoryFiles } from "./repository-files.js";
import { findShapeProblems, MAX_FILE_LINES } from "./source-shape.js";

/** What is said of one file with the given text. */
function problemsOf(file: string, text: string): readonly string[] {
  return findShapeProblems(new Map([[file, text]]));
}

describe("The shape of source files", () => {
  it("holds for every file under src and test", () => {
    const sources = pickFiles(readRepositoryFiles(), /^(?:src|test)\/.*\.c?ts$/);
    assert.ok(sources.size > 0);
    assert.deepEqual(findShapeProblems(sources), []);
  });

  it("allows as many lines as the cap and not one more", () => {
    assert.deepEqual(problemsOf("src/core/usage.ts", "x\n".repeat(MAX_FILE_LINES)), []);
    assert.deepEqual(problemsOf("src/core/usage.ts", "x\n".repeat(MAX_FILE_LINES + 1)), [
      "src/core/usage.ts has 301 lines",
    ]);
  });

  it("refuses barrels by name and by deed", () => {
    assert.equal(problemsOf("src/core/index.ts", "").length, 1);
    assert.equal(problemsOf("src/core/usage.ts", 'export * from "./timings.js";').length, 1);
  });

  it("refuses names that are not kebab-case", () => {
    assert.equal(problemsOf("src/core/stopFilter.ts", "").length, 1);
    assert.deepEqual(problemsOf("src/core/stop-filter.test.ts", ""), []);
  });
});
