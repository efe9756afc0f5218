import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Message, ToolUse } from "../../src/core/conversation.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import type { RequestedConstraint } from "../../src/core/generation-request.js";
import { NEUTRAL_SAMPLING } from "../../src/engine/engine.js";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { grammarBoundsOf } from "../../src/prepare/grammar/rules/grammar-bounds.js";
import { createPrepareTools, prepareInput, type PrepareTools } from "../../src/prepare/prepare-input.js";
import { Vocabulary } from "../../src/prepare/tokens/vocabulary.js";
import { LoopHarness } from "../engine/loop-harness.js";
import { assistant, user } from "../prepare/conversation.js";
import { runJob } from "../prepare/run-job.js";
import { defaultModelPath, FETCH_MODEL_LIMIT_MS } from "../support/default-model.js";

const PARAMETERS = {
  type: "object",
  properties: {
    city: { type: "string", maxLength: 24 },
    days: { type: "integer", minimum: 1, maximum: 14 },
    unit: { enum: ["celsius", "fahrenheit"] },
  },
  required: ["city", "days", "unit"],
};
const TOOLS: ToolUse["tools"] = [
  { name: "get_weather", description: "Tells the weather of some days.", parameters: JSON.stringify(PARAMETERS) },
  { name: "get_time", description: "Tells the time.", parameters: '{"type":"object","properties":{}}' },
];
const QUESTION = user("What is the weather in Paris in the next three days?");

interface Asked {
  readonly choice?: ToolUse["choice"];
  readonly parallel?: boolean;
  readonly messages?: readonly Message[];
  readonly constraint?: RequestedConstraint;
  readonly temperature?: number;
  readonly seed?: number;
}

/** A question about a city that was answered with a call. */
function answered(city: string): readonly Message[] {
  const call = { id: city, name: "get_weather", arguments: JSON.stringify({ city, days: 2, unit: "celsius" }) };
  const question = user(`What is the weather in ${city} in the next two days?`);
  const result: Message = { role: "tool", content: "sunny", toolCallId: city };
  return [question, { ...assistant(""), toolCalls: [call] }, result, assistant("It is sunny.")];
}

describe("calls of tools by the default model", function () {
  this.timeout(FETCH_MODEL_LIMIT_MS);
  let engine: LlamaEngine;
  let vocabulary: Vocabulary;
  let tools: PrepareTools;

  before(async () => {
    const modelPath = await defaultModelPath();
    vocabulary = await Vocabulary.load(modelPath);
    tools = createPrepareTools(vocabulary, grammarBoundsOf(DEFAULT_LIMITS));
    engine = await LlamaEngine.start({
      modelPath,
      sequences: 2,
      contextTokens: 1_024,
      threads: 1,
      maxPrefillTokens: 512,
      savedStateBytes: 0,
      stateDirectory: "auto",
      gpu: false,
    });
  });
  after(async () => {
    await vocabulary[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  });

  async function ask({ choice = { type: "auto" }, parallel = false, temperature = 0, seed = 1, ...asked }: Asked) {
    const use: ToolUse = { tools: TOOLS, choice, parallel };
    const { messages = [QUESTION], constraint } = asked;
    const input = { type: "chat", messages, tools: use } as const;
    const { value } = runJob(prepareInput(tools, { input, constraint, maxInputTokens: 900 }));
    assert.ok(value.type === "tokens");
    const { tokens, format, grammar } = value;
    await using harness = new LoopHarness(engine);
    const sampling = temperature === 0 ? {} : { ...NEUTRAL_SAMPLING, temperature, seed };
    const { text, end } = await harness.complete({
      prompt: [...tokens],
      sampling,
      stopping: { maxOutputTokens: 250 },
      ...(format && { format: { ...format, maxCalls: 32, maxArgumentBytes: 65_536 } }),
      ...(grammar && { grammar }),
    });
    const calls: { name: string; arguments: string }[] = [];
    for (const { call } of harness.story(1).pieces) {
      if (call?.head !== undefined) calls.push({ name: call.head.name, arguments: "" });
      const last = calls.at(-1);
      if (call !== undefined && last !== undefined) last.arguments += call.arguments;
    }
    const reason = end.outcome.type === "finished" ? end.outcome.reason : end.outcome.type;
    return { text, calls, reason, outputTokens: end.tally.outputTokens };
  }

  const validate = new Ajv2020().compile(PARAMETERS);

  it("end with the first if one is forced, named or not", async () => {
    for (const choice of [{ type: "named", name: "get_weather" }, { type: "required" }] as const) {
      for (const temperature of [0, 1]) {
        const { calls, reason, outputTokens } = await ask({ choice, temperature });
        assert.deepEqual([calls.length, reason], [1, "tool_calls"]);
        assert.ok(outputTokens < 100, `${outputTokens}`);
        const [call] = calls;
        if (call?.name === "get_weather") assert.ok(validate(JSON.parse(call.arguments)), call.arguments);
      }
    }
  });

  it("end before one that is repeated if several are forced", async () => {
    const { calls, reason, outputTokens } = await ask({
      choice: { type: "named", name: "get_weather" },
      parallel: true,
    });
    assert.equal(reason, "tool_calls");
    assert.equal(new Set(calls.map((call) => call.arguments)).size, calls.length);
    assert.ok(calls.length >= 1 && outputTokens < 250, `${calls.length} calls, ${outputTokens} tokens`);
  });

  it("are valid whenever the model writes one by itself, at temperature 1 too", async () => {
    let written = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const messages = [...["Rome", "Oslo", "Lima"].flatMap(answered), QUESTION];
      const { calls } = await ask({ messages, temperature: 1, seed, parallel: true });
      for (const call of calls.filter(({ name }) => name === "get_weather")) {
        written += 1;
        assert.ok(validate(JSON.parse(call.arguments)), call.arguments);
      }
    }
    assert.ok(written >= 3, `${written} calls in 8 outputs`);
  });

  it("leave an answer in its shape, or are valid themselves, if both may be", async () => {
    const constraint = {
      type: "json_schema",
      schema: '{"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"]}',
    } as const;
    for (let seed = 1; seed <= 6; seed++) {
      const { text, calls, reason } = await ask({ constraint, temperature: 1, seed });
      if (calls.length === 0) assert.equal(typeof (JSON.parse(text) as { ok: unknown }).ok, "boolean", text);
      else assert.equal(text, "");
      assert.equal(reason, calls.length === 0 ? "constraint_complete" : "tool_calls");
    }
  });

  it("do not come up in an unfinished answer, which goes on inside its shape", async () => {
    const constraint = {
      type: "json_schema",
      schema: '{"type":"object","properties":{"city":{"enum":["Paris","Rome"]}},"required":["city"]}',
    } as const;
    const { text, reason } = await ask({ constraint, messages: [QUESTION, assistant('{"city": "Pa')] });
    assert.deepEqual([text, reason], ['ris"}', "constraint_complete"]);
    const whole = await ask({ constraint, messages: [QUESTION, assistant('{"city": "Paris"}')] });
    assert.deepEqual([whole.text, whole.reason], ["", "constraint_complete"]);
  });
});
