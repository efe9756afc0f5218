import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { namesIn, tableRows } from "./page-tables.js";

const PAGE = "docs/security.md";
const SOURCE = /^src\/.+\.ts$/;
const TEST = /^test\/.+\.test\.ts$/;

/** The people of the threat model, with whom a row of the table of what is held begins, and no row of another table of four columns. */
const SOMEBODY = /^(?:a|any|another|somebody) /;

/** The rows of the table of what is held: from whom, what does not happen, mechanism and test. */
const HELD = tableRows(PAGE).filter((cells) => cells.length === 4 && SOMEBODY.test(cells[0] ?? ""));

describe("The page on security", () => {
  it("names for each thing that is held a mechanism and a test, and files that are there", () => {
    assert.ok(HELD.length >= 15, `only ${HELD.length} rows were found`);
    for (const [who = "", what = "", mechanism = "", test = ""] of HELD) {
      const mechanisms = namesIn(mechanism);
      const tests = namesIn(test);
      assert.ok(mechanisms.length > 0 && mechanisms.every((name) => SOURCE.test(name)), `${who}: ${what}`);
      assert.ok(tests.length > 0 && tests.every((name) => TEST.test(name)), `${who}: ${what}`);
      const missing = [...mechanisms, ...tests].filter((name) => !existsSync(name));
      assert.deepEqual(missing, [], `${who}: ${what}`);
    }
  });
});
