import assert from "node:assert/strict";
import { formatDate } from "../../../src/prepare/jinja/format-date.js";

describe("formatDate", () => {
  it("writes the parts of a date as Python's strftime does", () => {
    const date = new Date(2026, 11, 1, 9, 5, 3);
    for (const [format, written] of [
      ["%d %b %Y", "01 Dec 2026"],
      ["%Y-%m-%d %H:%M:%S", "2026-12-01 09:05:03"],
      ["%A, %B %-d, %y", "Tuesday, December 1, 26"],
      ["%I:%M %p, day %j, %a", "09:05 AM, day 335, Tue"],
      ["%F %T 100%%", "2026-12-01 09:05:03 100%"],
    ] as const) {
      assert.equal(formatDate(date, format), written);
    }
  });
});
