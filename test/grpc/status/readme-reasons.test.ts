import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { status as Status } from "@grpc/grpc-js";
import { STATUS_OF_CODE } from "../../../src/grpc/status/status-table.js";

const README = new URL("../../../../README.md", import.meta.url);
const ROW = /^\| ([A-Z_]+) +\| ([A-Z_]+) +\| \S/gm;

describe("The README's table of reasons", () => {
  it("has every reason once, with its status", async () => {
    const readme = await readFile(README, "utf8");
    const rows = [...readme.matchAll(ROW)].map(([, reason = "", status = ""]) => `${reason} ${status}`);
    const reasons = Object.entries(STATUS_OF_CODE).map(([code, status]) => `${code} ${Status[status]}`);
    assert.deepEqual(rows.toSorted(), reasons.toSorted());
  });
});
