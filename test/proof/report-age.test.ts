import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { COVERED_FILES } from "./covered-files.js";
import { staleReason } from "./report-age.js";

describe("The age of a proof's report", () => {
  it("is fine while nothing that it covers has changed", () => {
    assert.equal(
      staleReason({ commit: "abc1234" }, () => []),
      undefined,
    );
  });

  it("names what has changed, and how much", () => {
    const reason = (...names: string[]) => staleReason({ commit: "abc1234" }, () => names);
    assert.equal(reason("twice"), "twice has changed since abc1234");
    assert.equal(reason("twice", "Lane", "UNIT"), "twice and 2 more have changed since abc1234");
  });

  it("is told of a report that is missing, of a changed tree and of an unknown commit", () => {
    const unknown = () => undefined;
    assert.equal(staleReason(undefined, unknown), "no report is committed");
    assert.equal(
      staleReason({ commit: "abc1234 with changes" }, () => []),
      "it was measured on a changed tree of abc1234",
    );
    assert.equal(staleReason({ commit: "abc1234" }, unknown), "the repository does not hold its commit abc1234");
  });
});

describe("The files that reports cover", () => {
  it("exist", () => {
    const missing = Object.values(COVERED_FILES)
      .flat()
      .filter((file) => !existsSync(file));
    assert.deepEqual(missing, []);
  });

  it("are known for every committed report", () => {
    const reports = readdirSync("test/proof/reports").map((file) => file.replace(/\.json$/, ""));
    assert.deepEqual(
      reports.filter((report) => !(report in COVERED_FILES)),
      [],
    );
  });
});
