/** Token counts of one generation. input = reused + read in; output = delivered + undelivered. */
export interface Usage {
  readonly inputTokens: number;
  readonly reusedInputTokens: number;
  readonly outputTokens: number;
  /** Those of them that were spent on reasoning. Default: none. */
  readonly reasoningTokens?: number;
  /** Output tokens in messages that the reader's window has taken. */
  readonly deliveredTokens: number;
}

/** Where a generation's time went, in ms. totalMs = queueMs + prepareMs + prefillMs + decodeMs + parkedMs. */
export interface Timings {
  /** In line for a slot, and all the time that no other phase claims. */
  readonly queueMs: number;
  readonly prepareMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly parkedMs: number;
  readonly totalMs: number;
  /** Call opened → first chunk handed to the writer; undefined before that. */
  readonly timeToFirstTokenMs: number | undefined;
}
