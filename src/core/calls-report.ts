/** What a server's calls hold, for the metrics. */
export interface CallsReport {
  /** Calls that have a seat. */
  readonly calls: number;
  /** Calls whose message is not whole. */
  readonly pendingCalls: number;
  /** Of request bodies under way, in bytes. */
  readonly requestBytes: number;
  /** Of unary responses that are being made or wait for their readers, in bytes. */
  readonly responseBytes: number;
  /** Streams that were refused in storms of resets, since the start. */
  readonly refusedStreams: number;
}
