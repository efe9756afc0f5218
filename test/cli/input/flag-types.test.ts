import assert from "node:assert/strict";
import {
  BIASES,
  choice,
  COUNT,
  COUNTS,
  DECIMAL,
  DURATION,
  LABELS,
  NO,
  readTools,
  TEXTS,
  YES,
} from "../../../src/cli/input/flag-types.js";

describe("The types of request flags", () => {
  it("read numbers with and without a fraction, and nothing that is none", () => {
    assert.deepEqual(["0", "0.8", "-1.5", ".5", "1e-3"].map(DECIMAL.parse), [0, 0.8, -1.5, 0.5, 0.001]);
    assert.deepEqual(["", "a", "NaN", "Infinity", "1,5", "0x1", "1 "].map(DECIMAL.parse), Array(7).fill(undefined));
  });

  it("read whole numbers up to what 32 bits hold", () => {
    assert.deepEqual(["0", "4294967295"].map(COUNT.parse), [0, 4_294_967_295]);
    assert.deepEqual(["4294967296", "-1", "1.0", "", "1e3"].map(COUNT.parse), Array(5).fill(undefined));
  });

  it("read lists of whole numbers, with blanks around the commas", () => {
    assert.deepEqual(COUNTS.parse("1, 2,3"), [1, 2, 3]);
    assert.deepEqual(["", "1,", "1,,2", "1;2", "a"].map(COUNTS.parse), Array(5).fill(undefined));
  });

  it("read durations as protobuf writes them", () => {
    assert.deepEqual(["250ms", "1.5s", "2m", "0"].map(DURATION.parse), ["0.25s", "1.5s", "120s", "0s"]);
    assert.deepEqual(["5", "soon", "-1s"].map(DURATION.parse), Array(3).fill(undefined));
  });

  it("read a label up to its first =, which its value may hold too", () => {
    assert.deepEqual(LABELS.parse("team=a=b"), { team: "a=b" });
    assert.deepEqual(LABELS.parse("team="), { team: "" });
    assert.deepEqual(["team", "=a", ""].map(LABELS.parse), Array(3).fill(undefined));
  });

  it("read biases of tokens and of texts, which may hold an =", () => {
    assert.deepEqual(BIASES.parse("15=-100"), [{ token_id: 15, bias: -100 }]);
    assert.deepEqual(BIASES.parse(" upon=1.5"), [{ text: " upon", bias: 1.5 }]);
    assert.deepEqual(BIASES.parse("a=b=2"), [{ text: "a=b", bias: 2 }]);
    assert.deepEqual(["15", "=1", "a=", "a=much"].map(BIASES.parse), Array(4).fill(undefined));
  });

  it("read words as the enum values that they stand for, and no words of Object", () => {
    const lane = choice({ batch: "LANE_BATCH" });
    assert.equal(lane.parse("batch"), "LANE_BATCH");
    assert.deepEqual(["LANE_BATCH", "toString", ""].map(lane.parse), Array(3).fill(undefined));
    assert.equal(lane.expected, "one of batch");
  });

  it("read any text as it is, and mean yes or no by being there", () => {
    assert.deepEqual(TEXTS.parse(" a,b\n"), [" a,b\n"]);
    assert.deepEqual([YES.parse(""), NO.parse("")], [true, false]);
  });
});

describe("readTools", () => {
  it("takes tools as they are and as other servers have them, the schema as an object or as its text", () => {
    const parameters = { type: "object", properties: { city: { type: "string" } } };
    const tools = [
      { name: "a", description: "first", parameters },
      { type: "function", function: { name: "b", parameters: '{ "type": "object" }' } },
      { name: "c" },
    ];
    assert.deepEqual(readTools(JSON.stringify(tools)), [
      { name: "a", description: "first", parameters: JSON.stringify(parameters) },
      { name: "b", parameters: '{ "type": "object" }' },
      { name: "c" },
    ]);
  });

  it("takes nothing else", () => {
    for (const text of ["", "{}", '{"name":"a"}', '["a"]', "[{}]", '[{"name":"a"},{"function":{}}]', "[null]"]) {
      assert.equal(readTools(text), undefined, text);
    }
  });
});
