import assert from "node:assert/strict";
import fc from "fast-check";
import { GenerationError } from "../../../src/core/generation-error.js";
import type { Stopping } from "../../../src/core/generation-request.js";
import { fitRun } from "../../../src/generation/claim/submit-generation.js";

const stopping = (maxOutputTokens: number | undefined): Stopping => ({
  maxOutputTokens,
  stopSequences: ["\n\n"],
  stopTokenIds: [7],
  ignoreEndOfGeneration: true,
  repetitionGuard: undefined,
  timeLimitMs: 1_000,
});

const fit = (inputTokens: number, maxOutputTokens?: number): ReturnType<typeof fitRun> =>
  fitRun({ inputTokens, contextTokens: 100, stopping: stopping(maxOutputTokens), defaultMaxOutputTokens: 30 });

describe("fitRun", () => {
  it("takes the default maximum where none is given and it fits", () => {
    assert.deepEqual(fit(60), { ...stopping(undefined), maxOutputTokens: 30, clampedByContext: false });
  });

  it("takes what the input leaves where that is less than the default, and says that the context decided", () => {
    assert.deepEqual(fit(90), { ...stopping(undefined), maxOutputTokens: 10, clampedByContext: true });
  });

  it("does not blame the context where the default just fills it", () => {
    assert.equal(fit(70).clampedByContext, false);
  });

  it("lets a maximum that was given stand, also one that just fills the context", () => {
    assert.deepEqual(fit(60, 40), { ...stopping(40), clampedByContext: false });
  });

  it("refuses a maximum that does not fit beside the input, with the counts and the field", () => {
    assert.throws(() => fit(60, 41), {
      code: "INPUT_TOO_LONG",
      facts: { input_tokens: "60", context_tokens: "100", available_output_tokens: "40" },
      violations: [
        {
          field: "stopping.max_output_tokens",
          description:
            "41 is too many: the input has 60 tokens and the context holds 100, which leaves 40 for the output",
        },
      ],
    });
  });

  it("refuses an input that leaves no room for one output token", () => {
    assert.equal(fit(99).maxOutputTokens, 1);
    assert.throws(() => fit(100), { code: "INPUT_TOO_LONG", violations: [] });
    assert.throws(() => fit(1_000), {
      facts: { input_tokens: "1000", context_tokens: "100", available_output_tokens: "0" },
    });
  });

  it("never lets input and output together pass the context", () => {
    const tokens = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(tokens, tokens, fc.option(tokens, { nil: undefined }), (inputTokens, contextTokens, given) => {
        try {
          const run = fitRun({ inputTokens, contextTokens, stopping: stopping(given), defaultMaxOutputTokens: 30 });
          assert.ok(run.maxOutputTokens >= 1 && inputTokens + run.maxOutputTokens <= contextTokens);
          if (run.clampedByContext) assert.equal(inputTokens + run.maxOutputTokens, contextTokens);
        } catch (error) {
          assert.ok(error instanceof GenerationError);
          assert.ok(inputTokens + (given ?? 1) > contextTokens);
        }
      }),
    );
  });
});
