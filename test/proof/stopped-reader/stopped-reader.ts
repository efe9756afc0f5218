/** A stock client that has opened GenerateStream, read some messages and then no more. Disposing ends its call. */
export type StoppedReader = AsyncDisposable;

export interface StoppedReaderOptions {
  /** host:port */
  readonly address: string;
  /** A GenerateStreamRequest by the names of the proto. */
  readonly request: object;
  /** Messages to read before it stops. */
  readonly messages: number;
}

/**
 * HTTP/2's first window, of a stream and of its connection, is 65,535 bytes. Each frame has 9 more, and grpc-go has a ping of 17 answered for most of them: as much
 * again, and more, for messages of one token.
 */
export const FIRST_WINDOW_WIRE_BYTES = 3 * 65_535;

/** A client library as it comes, or with one documented setting. */
export interface StockClient {
  readonly name: string;
  /** What it lets go over the wire for a program that does not read; undefined: its window has no bound that we know. */
  readonly mostWireBytes: number | undefined;
  /** Resolves when the reader has stopped. @throws Error saying what the client lacks, where it cannot run */
  readonly open: (options: StoppedReaderOptions) => Promise<StoppedReader>;
}
