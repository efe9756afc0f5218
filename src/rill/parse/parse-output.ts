import type { Output as OutputMessage } from "../../../generated/rill/v1/output.js";
import type { OutputOptions } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { Violations } from "../../core/violations.js";

/** Parses what the response holds besides the text. */
export function parseOutput(output: OutputMessage | undefined, limits: Limits, violations: Violations): OutputOptions {
  const logprobs = output?.logprobs;
  if (logprobs !== undefined && logprobs > limits.topLogprobs) {
    violations.add("output.logprobs", `is ${logprobs}; it must be at most ${limits.topLogprobs}`);
  }
  return Object.freeze({
    tokenIds: output?.tokenIds ?? false,
    timings: output?.timings ?? false,
    usageOnEveryChunk: output?.usage ?? false,
    logprobs,
    tokenBytes: output?.tokenBytes ?? false,
  });
}
