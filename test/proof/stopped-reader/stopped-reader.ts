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

/** A client library as it comes. */
export interface StockClient {
  readonly name: string;
  /** Resolves when the reader has stopped. @throws Error saying what the client lacks, where it cannot run */
  readonly open: (options: StoppedReaderOptions) => Promise<StoppedReader>;
}
