import type { StepResults } from "./engine.js";
import type { Step } from "./step-planner.js";

/** What a notice says of the step that it comes from. */
export interface StepFigures {
  readonly stepMs: number;
  readonly draftTokens: number;
  readonly acceptedDraftTokens: number;
}

/** Of news that a step's end does not bring. */
export function figuresAt(stepMs: number): StepFigures {
  return { stepMs, draftTokens: 0, acceptedDraftTokens: 0 };
}

export function countDrafts(step: Step, results: StepResults): Omit<StepFigures, "stepMs"> {
  let draftTokens = 0;
  let acceptedDraftTokens = 0;
  for (const [index, { draft }] of step.pulled.entries()) {
    const result = results.pulls[index];
    draftTokens += draft.length;
    if (Array.isArray(result)) acceptedDraftTokens += result.length - 1;
  }
  return { draftTokens, acceptedDraftTokens };
}
