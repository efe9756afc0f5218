import assert from "node:assert/strict";
import { judge, outcomeIn, type TestOutcome } from "./verdict.js";

const green: TestOutcome = { kind: "ran", passes: 3, failedTitles: [] };
const red: TestOutcome = { kind: "ran", passes: 1, failedTitles: ["The filter holds back"] };
const empty: TestOutcome = { kind: "ran", passes: 0, failedTitles: [] };
const hung: TestOutcome = { kind: "hung" };
const broken: TestOutcome = { kind: "broken", output: "no test files found" };

describe("The verdict on a mutation", () => {
  it("is seen when the test turns red or hangs", () => {
    assert.deepEqual(judge(green, red), { seen: true, reason: "The filter holds back" });
    assert.equal(judge(green, hung).seen, true);
  });

  it("is unseen when the test stays green or cannot be loaded", () => {
    assert.equal(judge(green, green).seen, false);
    assert.equal(judge(green, broken).seen, false);
  });

  it("is unseen when the test proves nothing: red, empty, hanging or missing without the defect", () => {
    for (const control of [red, empty, hung, broken]) assert.equal(judge(control, red).seen, false);
  });
});

describe("The outcome of a mutation's test in a run of many", () => {
  const spec = "dist/test/a.test.js";
  const results = [
    { spec, title: "A filter lets through", passed: true },
    { spec, title: "A filter holds back", passed: false },
    { spec: "dist/test/b.test.js", title: "A filter leaks", passed: false },
  ];

  it("counts the cases of its file whose titles hold the text that narrows it", () => {
    assert.deepEqual(outcomeIn(results, { spec, grep: undefined }), {
      kind: "ran",
      passes: 1,
      failedTitles: ["A filter holds back"],
    });
    assert.deepEqual(outcomeIn(results, { spec, grep: "lets" }), { kind: "ran", passes: 1, failedTitles: [] });
  });

  it("is not there where none of its cases ran", () => {
    assert.equal(outcomeIn(results, { spec, grep: "forgets" }), undefined);
    assert.equal(outcomeIn(results, { spec: "dist/test/c.test.js", grep: undefined }), undefined);
  });
});
