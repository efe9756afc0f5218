import assert from "node:assert/strict";
import { AUDIT_ACTIONS } from "../../src/core/audit.js";
import { namesIn, tableRows } from "./page-tables.js";

describe("The page on operating", () => {
  it("explains every action of the audit log, and the count of those that were left out", () => {
    const rows = tableRows("docs/operating.md").filter((cells) => cells.length === 2);
    const names = new Set(rows.flatMap(([action = ""]) => namesIn(action)));
    const unexplained = [...AUDIT_ACTIONS, "other"].filter((action) => !names.has(action));
    assert.deepEqual(unexplained, []);
  });
});
