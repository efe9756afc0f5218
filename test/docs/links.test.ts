import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { parsePage, readPage } from "./markdown-page.js";
import { brokenLinks } from "./page-links.js";
import { pageFiles } from "./page-files.js";

describe("The links of the pages", () => {
  for (const file of pageFiles()) {
    it(`of ${file} lead to files and headings that are there`, () => {
      assert.deepEqual(
        brokenLinks(readPage(file), { exists: existsSync, anchorsOf: (path) => readPage(path).anchors }),
        [],
      );
    });
  }

  it("are broken where a file or a heading is missing", () => {
    const page = parsePage(
      "docs/a.md",
      "# One\n[x](#one) [y](#two) [z](../b.md#there) [n](none.md) [h](https://example.org)",
    );
    const files = { exists: (path: string) => path === "b.md", anchorsOf: () => new Set(["here"]) };
    assert.deepEqual(brokenLinks(page, files), [
      "docs/a.md:2: #two",
      "docs/a.md:2: ../b.md#there",
      "docs/a.md:2: none.md",
    ]);
  });
});
