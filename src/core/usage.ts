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
