import assert from "node:assert/strict";
import { pickFiles, readRepositoryFiles } from "./repository-files.js";
import { findDoubledTypeNames } from "./type-names.js";

describe("The names of types", () => {
  it("each mean one thing under src", () => {
    const sources = pickFiles(readRepositoryFiles(), /^src\/.*\.c?ts$/);
    assert.ok(sources.size > 0);
    assert.deepEqual(findDoubledTypeNames(sources), []);
  });

  it("are told with the files where one is declared twice, exported or local", () => {
    const files = new Map([
      ["src/a.ts", "export interface Reading { at: number }"],
      ["src/b.ts", "type Reading = string;\nclass Other {}"],
      ["src/c.ts", 'import type { Reading } from "./a.js";\nexport function of(reading: Reading): void {}'],
    ]);
    assert.deepEqual(findDoubledTypeNames(files), ["Reading is declared in src/a.ts and in src/b.ts"]);
  });
});
