import assert from "node:assert/strict";
import { parseMutationPatch } from "./mutation-patch.js";

const diff = "diff --git a/src/core/usage.ts b/src/core/usage.ts\n--- a/src/core/usage.ts\n+++ b/src/core/usage.ts\n";

describe("A mutation patch", () => {
  it("names its test by source file and may narrow it by title", () => {
    const header = "# test: test/engine/output/stop-filter.test.ts\n# grep: holds back\nForgets the last byte.\n";
    assert.deepEqual(parseMutationPatch("some/forgets.patch", header + diff), {
      name: "forgets",
      file: "some/forgets.patch",
      spec: "dist/test/engine/output/stop-filter.test.js",
      grep: "holds back",
      changed: ["src/core/usage.ts"],
    });
  });

  it("is refused when it changes something that is not compiled, or nothing", () => {
    const header = "# test: test/engine/output/stop-filter.test.ts\n";
    assert.throws(
      () => parseMutationPatch("some/other.patch", `${header}--- a/README.md\n+++ b/README.md\n`),
      /TypeScript/,
    );
    assert.throws(() => parseMutationPatch("some/other.patch", header), /TypeScript/);
  });

  it("is refused when it names no test before the diff", () => {
    const hidden = `${diff}# test: test/engine/output/stop-filter.test.ts\n`;
    assert.throws(() => parseMutationPatch("some/forgets.patch", hidden), /some\/forgets\.patch/);
    assert.throws(() => parseMutationPatch("some/forgets.patch", `# test: src/core/usage.ts\n${diff}`));
  });
});
