import assert from "node:assert/strict";
import { pickFiles, readRepositoryFiles } from "./repository-files.js";
import { findShapeProblems, MAX_CLASS_FILE_LINES, MAX_FILE_LINES } from "./source-shape.js";

/** Checks one file with the given text. */
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

  it("allows a file that is one class more lines", () => {
    const oneClass = (lines: number): string => `export class Usage {\n${"  x = 1;\n".repeat(lines - 2)}}\n`;
    assert.deepEqual(problemsOf("src/core/usage.ts", oneClass(MAX_CLASS_FILE_LINES)), []);
    assert.deepEqual(problemsOf("src/core/usage.ts", oneClass(MAX_CLASS_FILE_LINES + 1)), [
      "src/core/usage.ts has 401 lines",
    ]);
  });

  it("holds a file with two classes, or with more beside its class than in it, to the lower cap", () => {
    const smallClass = "class Small {}\n";
    const largeClass = `class Large {\n${"  x = 1;\n".repeat(MAX_FILE_LINES)}}\n`;
    assert.equal(problemsOf("src/core/usage.ts", smallClass + largeClass).length, 1);
    assert.equal(problemsOf("src/core/usage.ts", smallClass + "x();\n".repeat(MAX_FILE_LINES)).length, 1);
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
