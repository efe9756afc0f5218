import assert from "node:assert/strict";
import { pickFiles, readRepositoryFiles } from "./repository-files.js";
import { findDoubledTypeNames } from "./type-names.js";

/** Names that still mean two things. None may join them. */
const TOLERATED: ReadonlySet<string> = new Set([
  "Announced",
  "Call",
  "Connection",
  "Described",
  "Entry",
  "GenerationEnd",
  "GenerationInput",
  "GenerationTarget",
  "Held",
  "PendingCalls",
  "Piece",
  "TokenizeJson",
  "ValueType",
]);

describe("The names of types", () => {
  it("each mean one thing under src", () => {
    const sources = pickFiles(readRepositoryFiles(), /^src\/.*\.c?ts$/);
    assert.ok(sources.size > 0);
    const doubled = findDoubledTypeNames(sources).filter((line) => !TOLERATED.has(line.split(" ")[0] ?? ""));
    assert.deepEqual(doubled, []);
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
