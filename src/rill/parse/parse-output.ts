import type { Output as OutputMessage } from "../../../generated/rill/v1/output.js";
import type { Given, OutputOptions } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { Violations } from "../../core/generation-error.js";

/** Parses the facts that come back beside the text, as the caller gave them. */
export function parseOutput(
  output: OutputMessage | undefined,
  limits: Limits,
  violations: Violations,
): Given<OutputOptions> {
  const logprobs = output?.logprobs;
  if (logprobs !== undefined && logprobs > limits.topLogprobs) {
    violations.add("output.logprobs", `is ${logprobs}; it must be at most ${limits.topLogprobs}`);
  }
  return Object.freeze({
    tokenIds: output?.tokenIds,
    timings: output?.timings,
    usageOnEveryChunk: output?.usage,
    logprobs,
    tokenBytes: output?.tokenBytes,
  });
}
