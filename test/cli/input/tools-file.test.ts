import assert from "node:assert/strict";
import { readTools } from "../../../src/cli/input/tools-file.js";

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
