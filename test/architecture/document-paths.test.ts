import assert from "node:assert/strict";
import { findDeadPaths } from "./document-paths.js";
import { pickFiles, readRepositoryFiles } from "./repository-files.js";

describe("The documents", () => {
  it("name files and folders that exist", () => {
    const files = readRepositoryFiles();
    const documents = pickFiles(files, /\.md$/);
    assert.ok(documents.size > 0);
    assert.deepEqual(findDeadPaths(documents, files.keys()), []);
  });

  it("are told which path leads nowhere", () => {
    const text = "See src/core/usage.ts, `src/core/` and test/core/usage, but not src/core/gone.ts.";
    const files = ["src/core/usage.ts", "test/core/usage.test.ts"];
    assert.deepEqual(findDeadPaths(new Map([["docs/a.md", text]]), files), [
      "docs/a.md names src/core/gone.ts, which does not exist",
    ]);
  });
});
