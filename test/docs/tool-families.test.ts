import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { CALL_FAMILIES } from "../../src/prepare/template/call-syntaxes.js";
import { tableRows } from "./page-tables.js";

const PAGE = fileURLToPath(new URL("../../../docs/tools.md", import.meta.url));

describe("the page on tools", () => {
  it("names the models of every family that writes calls in a form of its own", () => {
    const shown = new Set(tableRows(PAGE).map(([, models]) => models));
    // Every model that gets the block may also write bare JSON.
    const families = CALL_FAMILIES.filter(({ markup }) => markup.length > 0);
    assert.deepEqual(
      families.map(({ models }) => models).filter((models) => !shown.has(models)),
      [],
    );
  });
});
