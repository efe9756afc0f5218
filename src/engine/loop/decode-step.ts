/** A step that read no prompt in. */
export interface DecodeStep {
  readonly stepMs: number;
  readonly decodingRuns: number;
  /** Tried ahead, of all runs. */
  readonly draftTokens: number;
}
