/** What a notice says of the step that it comes from. */
export interface StepFigures extends DraftFigures {
  readonly stepMs: number;
}

/** Of all runs. */
export interface DraftFigures {
  /** Tried. */
  readonly draftTokens: number;
  /** Right. */
  readonly acceptedDraftTokens: number;
}

/** Of news that a step's end does not bring. */
export function figuresAt(stepMs: number): StepFigures {
  return { stepMs, draftTokens: 0, acceptedDraftTokens: 0 };
}
