import assert from "node:assert/strict";
import { formatTotals, readMochaOutput } from "./mocha-summary.js";

const GREEN = "\n  A suite\n    ✔ says 3 failing\n\n\n  12 passing (3s)\n  1 pending\n";
const RED =
  "\n  A suite\n    1) fails\n\n\n  0 passing (3ms)\n  1 failing\n\n  1) A suite\n       fails:\n     Error: why\n";

describe("The summary of a mocha run", () => {
  it("has the counts, whatever titles say", () => {
    assert.deepEqual(readMochaOutput(GREEN, 0), { passing: 12, pending: 1, failing: 0, failures: "" });
  });

  it("has the failed cases with their errors", () => {
    const { failing, failures } = readMochaOutput(RED, 1);
    assert.equal(failing, 1);
    assert.equal(failures, "  1 failing\n\n  1) A suite\n       fails:\n     Error: why\n");
  });

  it("counts a run as a failure that ended badly after its cases, hung, or ran no case", () => {
    for (const [output, status] of [
      [GREEN, 1],
      [GREEN, null],
      ["Error: Cannot find module\n", 1],
      ["\n\n  0 passing (1ms)\n", 0],
    ] as const) {
      const { failing, failures } = readMochaOutput(output, status);
      assert.equal(failing, 1);
      assert.match(failures, /ended with/);
    }
  });

  it("adds up to the totals of several", () => {
    const runs = [readMochaOutput(GREEN, 0), readMochaOutput(RED, 1)];
    assert.equal(formatTotals(runs), "  12 passing\n  1 pending\n  1 failing\n");
  });
});
