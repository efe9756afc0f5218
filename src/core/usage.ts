/** Token counts of one generation. input = reused + read in; output = delivered + undelivered. */
export interface Usage {
  readonly inputTokens: number;
  readonly reusedInputTokens: number;
  readonly outputTokens: number;
  /** Output tokens in messages that the reader's window has taken. */
  readonly deliveredTokens: number;
}
