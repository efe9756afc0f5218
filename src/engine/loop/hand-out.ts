import { EngineFault, type StepResults } from "../engine.js";
import type { FaultWatch } from "./fault-watch.js";
import type { Run } from "../run/run.js";
import type { DraftFigures } from "./step-figures.js";
import type { Step } from "./step-planner.js";

export interface HandOutTargets {
  /** Gets every run that had a part in the step. */
  readonly changed: Set<Run>;
  readonly faults: FaultWatch;
}

/** Gives each run of a step what the engine made for it, while the engine draws for the next run. */
export async function handOut(
  step: Step,
  results: StepResults,
  { changed, faults }: HandOutTargets,
): Promise<DraftFigures> {
  for (const [index, { run, tokens }] of step.read.entries()) {
    const fault = results.prefills[index];
    faults.observe(fault);
    if (fault === undefined) run.read(tokens);
    else run.fail(fault.message);
    changed.add(run);
  }
  const drafts = { draftTokens: 0, acceptedDraftTokens: 0 };
  for (const [index, { run, draft }] of step.pulled.entries()) {
    const result = (await results.pulls[index]) ?? new EngineFault("the engine gave no result");
    faults.observe(result);
    drafts.draftTokens += draft.length;
    if (result instanceof EngineFault) {
      run.fail(result.message);
    } else {
      drafts.acceptedDraftTokens += result.length - 1;
      run.accept(result);
    }
    changed.add(run);
  }
  return drafts;
}
