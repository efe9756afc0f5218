import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { FETCH_MODEL_LIMIT_MS } from "../support/default-model.js";
import { gemmaModelPath } from "../support/gemma-model.js";
import { forceCalls } from "./forced-calls.js";

const PARAMETERS = {
  type: "object",
  properties: { city: { type: "string", maxLength: 24 }, days: { type: "integer", minimum: 1, maximum: 14 } },
  required: ["city", "days"],
  additionalProperties: false,
};

describe("a call that Gemma 3 270M must make", function () {
  this.timeout(2 * FETCH_MODEL_LIMIT_MS);

  it("is one valid call, with which the answer ends, named or not", async function () {
    const model = await gemmaModelPath();
    if ("missing" in model) {
      console.log(`    skipped, because pip does not serve Gemma 3 270M here: ${model.missing}`);
      this.skip();
    }
    const outputs = await forceCalls(model.path, {
      tools: [
        { name: "get_weather", description: "Tells the weather of some days.", parameters: JSON.stringify(PARAMETERS) },
      ],
      question: "What is the weather in Paris in the next three days?",
      choices: [{ type: "named", name: "get_weather" }, { type: "required" }],
      contextTokens: 1_024,
      maxOutputTokens: 250,
    });
    const validate = new Ajv2020().compile(PARAMETERS);
    assert.equal(outputs.length, 2);
    for (const { calls, text, reason } of outputs) {
      assert.deepEqual([calls.map(({ name }) => name), text, reason], [["get_weather"], "", "tool_calls"]);
      assert.ok(validate(JSON.parse(calls[0]?.arguments ?? "")), calls[0]?.arguments);
    }
  });
});
