/** The token counts of one generation. inputTokens = reused + prefilled; outputTokens = delivered + undelivered. */
export interface Usage {
  readonly inputTokens: number;
  readonly reusedInputTokens: number;
  readonly outputTokens: number;
  /** The output tokens that were spent on reasoning. Default: none. */
  readonly reasoningTokens?: number;
  /** The output tokens in messages that the reader's window has taken. */
  readonly deliveredTokens: number;
}

/** The time of a generation by phase, in ms. totalMs = queueMs + prepareMs + prefillMs + decodeMs + parkedMs. */
export interface Timings {
  /** The wait for a slot, and all time that belongs to no other phase. */
  readonly queueMs: number;
  readonly prepareMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly parkedMs: number;
  readonly totalMs: number;
  /** The time from the opening of the call until the writer got the first chunk. undefined before that. */
  readonly timeToFirstTokenMs: number | undefined;
}
