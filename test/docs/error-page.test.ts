import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { STATUS_OF_CODE } from "../../src/grpc/status/status-table.js";
import type { StoreFault } from "../../src/sessions/store-problem.js";
import { pageFacts, pageFaults, pageReasons } from "./error-page.js";

/** The compiler demands every fault that there is, and no other. */
const FAULTS: Readonly<Record<StoreFault, true>> = {
  unreachable: true,
  overloaded: true,
  closed: true,
  disk_full: true,
  read_only: true,
  replaced: true,
  corrupt: true,
  newer_schema: true,
  misconfigured: true,
  internal: true,
};

describe("The page on errors", () => {
  it("has every reason once, with its status", () => {
    const rows = pageReasons().map(({ reason, status }) => `${reason} ${status}`);
    const reasons = Object.entries(STATUS_OF_CODE).map(([code, status]) => `${code} ${Status[status]}`);
    assert.deepEqual(rows.toSorted(), reasons.toSorted());
  });

  it("says of every reason when it comes and what to do", () => {
    const silent = pageReasons().filter(({ when, whatToDo }) => !when.endsWith(".") || !whatToDo.endsWith("."));
    assert.deepEqual(silent, []);
  });

  it("tells the facts of no reason that there is not", () => {
    const unknown = [...pageFacts().keys()].filter((reason) => !Object.hasOwn(STATUS_OF_CODE, reason));
    assert.deepEqual(unknown, []);
  });

  it("explains every fault of the store once", () => {
    assert.deepEqual(pageFaults().toSorted(), Object.keys(FAULTS).toSorted());
  });
});
