import type { Reasoning as ReasoningMessage } from "../../../generated/rill/v1/reasoning.js";
import type { Reasoning } from "../../core/generation-request.js";
import type { Violations } from "../../core/generation-error.js";

export interface ReasoningBounds {
  /** Whether the model is a reasoning model. */
  readonly reasons: boolean;
  /** Whether the chat template renders the input, because the template begins the reasoning. */
  readonly isRendered: boolean;
}

/** Parses how the model reasons. Returns undefined if the request does not say. */
export function parseReasoning(
  reasoning: ReasoningMessage | undefined,
  { reasons, isRendered }: ReasoningBounds,
  violations: Violations,
): Reasoning | undefined {
  if (reasoning === undefined) return undefined;
  const { enabled, tokenBudget } = reasoning;
  if (tokenBudget === 0) violations.add("reasoning.token_budget", "is 0; it must be at least 1");
  if (enabled === false && tokenBudget !== undefined) {
    violations.add("reasoning.token_budget", "is not valid with enabled false");
  }
  const obstacle = reasons
    ? isRendered
      ? undefined
      : "is valid only with chat and turn, which the chat template renders"
    : "is not valid: the model is no reasoning model";
  if (obstacle !== undefined) {
    if (enabled === true) violations.add("reasoning.enabled", obstacle);
    if (tokenBudget !== undefined) violations.add("reasoning.token_budget", obstacle);
  }
  return Object.freeze({ enabled, tokenBudget });
}
