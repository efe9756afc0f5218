import assert from "node:assert/strict";
import { type Baseline, complaintOf, deviationsOn, listComplaints } from "./compare-report.js";
import { type ConformanceCase, parseConformanceReport } from "./conformance-report.js";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="5.1. Stream States" package="http2/5.1" id="5.1" tests="2" skipped="0" failures="0" errors="1">
    <testcase package="http2/5.1" classname="idle: Sends a DATA frame" time="0.0022"></testcase>
    <testcase package="http2/5.1" classname="closed: Sends a &#34;late&#34; frame" time="1.0008">
      <error>RST_STREAM Frame &lt;STREAM_CLOSED&gt;
Timeout</error>
    </testcase>
  </testsuite>
  <testsuite name="6.9.2. Window" package="http2/6.9.2" id="6.9.2" tests="1" skipped="1" failures="0" errors="0">
    <testcase package="http2/6.9.2" classname="Sends a SETTINGS frame" time="0.0009">
      <skipped></skipped>
    </testcase>
  </testsuite>
</testsuites>`;
const LATE: ConformanceCase = { id: "http2/5.1/2", title: "closed", outcome: "failed", said: "Timeout" };
const BASELINE: Baseline = {
  cases: 1,
  deviations: [{ id: LATE.id, title: LATE.title, nodes: [22], because: "It does no harm." }],
};
const known = BASELINE.deviations[0];

describe("A report of h2spec", () => {
  it("is read case by case, with the number that h2spec's command line takes", () => {
    assert.deepEqual(parseConformanceReport(REPORT), [
      { id: "http2/5.1/1", title: "idle: Sends a DATA frame", outcome: "passed", said: "" },
      {
        id: "http2/5.1/2",
        title: 'closed: Sends a "late" frame',
        outcome: "failed",
        said: "RST_STREAM Frame <STREAM_CLOSED>\nTimeout",
      },
      { id: "http2/6.9.2/1", title: "Sends a SETTINGS frame", outcome: "skipped", said: "" },
    ]);
  });

  it("may show the deviations of the baseline, each on its versions of Node", () => {
    assert.equal(complaintOf(LATE, deviationsOn(22, BASELINE).get(LATE.id)), undefined);
    assert.match(String(complaintOf(LATE, deviationsOn(20, BASELINE).get(LATE.id))), /must pass and failed:\nTimeout/);
  });

  it("may not show a deviation that has passed: the baseline has to shrink", () => {
    assert.match(String(complaintOf({ ...LATE, outcome: "passed" }, known)), /passes now/);
  });

  it("may show either outcome of a case that races", () => {
    const racing = { id: LATE.id, title: LATE.title, races: true, because: "It is a race." };
    assert.equal(complaintOf({ ...LATE, outcome: "passed" }, racing), undefined);
    assert.equal(complaintOf(LATE, racing), undefined);
  });

  it("may not show a case as skipped, nor another case by the number of a known one", () => {
    assert.match(String(complaintOf({ ...LATE, outcome: "skipped" }, known)), /skipped/);
    assert.match(String(complaintOf({ ...LATE, outcome: "skipped" }, undefined)), /must pass and skipped/);
    assert.match(String(complaintOf({ ...LATE, title: "another" }, known)), /correct the baseline/);
  });

  it("may show neither more nor fewer cases than the baseline counts", () => {
    assert.deepEqual(listComplaints([LATE], BASELINE, 22), []);
    assert.equal(listComplaints([LATE, LATE], BASELINE, 22).length, 1);
    assert.equal(listComplaints([], BASELINE, 22).length, 2);
  });
});
