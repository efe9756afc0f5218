import assert from "node:assert/strict";
import { readBenchPlan } from "../../../src/cli/bench/bench-plan.js";
import { UsageError } from "../../../src/cli/command/usage-error.js";

function problemsOf(flags: Parameters<typeof readBenchPlan>[0]): readonly string[] {
  try {
    readBenchPlan(flags);
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}

describe("readBenchPlan", () => {
  it("fills in what was not given", () => {
    assert.deepEqual(readBenchPlan({}), {
      streams: [1, 4, 8],
      input: { type: "tokens", count: 64 },
      outputTokens: 64,
      rounds: 3,
      warmUpRounds: 1,
    });
  });

  it("reads every flag", () => {
    const flags = { streams: "16,2", prompt: "Tell me", outputTokens: "5", rounds: "1", warmUp: "0" };
    assert.deepEqual(readBenchPlan(flags), {
      streams: [16, 2],
      input: { type: "prompt", text: "Tell me" },
      outputTokens: 5,
      rounds: 1,
      warmUpRounds: 0,
    });
  });

  it("names the flag, the value and the bound of every problem at once", () => {
    assert.deepEqual(
      problemsOf({ streams: "1,0", promptTokens: "-1", outputTokens: "1e3", rounds: "1,2", warmUp: "1001" }),
      [
        '--prompt-tokens: "-1" must be a whole number from 1 to 1000000',
        '--streams: "1,0" must be whole numbers from 1 to 4096 with commas between them',
        '--output-tokens: "1e3" must be a whole number from 1 to 1000000',
        '--rounds: takes one number, not "1,2"',
        '--warm-up: "1001" must be a whole number from 0 to 1000',
      ],
    );
  });

  it("refuses an empty prompt, and two kinds of input", () => {
    assert.deepEqual(problemsOf({ prompt: "" }), ['--prompt: "" must be a text']);
    assert.deepEqual(problemsOf({ prompt: "a", promptTokens: "3" }), [
      "--prompt and --prompt-tokens: only one of them can be given",
    ]);
  });
});
