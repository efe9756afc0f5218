/** Where a call comes from, for the log. Each is absent where it is not known. */
export interface CallOrigin {
  /** Address and port of the connection's other end, such as `10.0.0.7:51034`; `unix` for a socket file. A proxy's, where one is in between. */
  readonly peer?: string;
  /** The metadata `x-request-id`, by which proxies and clients name a call. */
  readonly xRequestId?: string;
  /** Which try of the same call it is, from 1. */
  readonly attempt?: number;
}

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
