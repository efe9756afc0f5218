import assert from "node:assert/strict";
import { groupByRoom } from "./test-groups.js";

describe("The groups of test files", () => {
  it("hold every file once, the long rooms apart and before all others", () => {
    const files = ["sync/a", "rill/services/c", "e2e/d", "rill/b", "admin/e"].map(
      (name) => `dist/test/${name}.test.js`,
    );
    assert.deepEqual(groupByRoom("dist/test", files), [
      { name: "e2e", files: ["dist/test/e2e/d.test.js"] },
      { name: "rill", files: ["dist/test/rill/b.test.js", "dist/test/rill/services/c.test.js"] },
      { name: "others", files: ["dist/test/admin/e.test.js", "dist/test/sync/a.test.js"] },
    ]);
  });
});
