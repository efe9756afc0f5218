import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from "node:http2";
import { Deferred } from "../../src/sync/deferred.js";

const FRAME_HEADER_BYTES = 5;

export interface RawReaderOptions {
  /** host:port */
  readonly address: string;
  /** Such as rill.v1.GenerationService/GenerateStream. */
  readonly method: string;
  /** The encoded request, without framing. */
  readonly request: Uint8Array;
  /** HTTP/2 window of the stream; 0 takes nothing before `openWindow`. Default HTTP/2's 65,535. */
  readonly windowBytes?: number;
  readonly metadata?: OutgoingHttpHeaders;
  /** What a client of a TLS address needs. Default: the address is plaintext. */
  readonly secure?: SecureClientSessionOptions;
  /** Gets each message instead of `messages`, which would grow with the stream. */
  readonly onMessage?: (message: Buffer) => void;
}

/** How a stream ended. */
export interface RawEnd {
  /** undefined: no status came, the stream was reset or the connection lost. */
  readonly grpcStatus: number | undefined;
  /** Where the status was: of a trailers-only answer, the headers. */
  readonly trailers: IncomingHttpHeaders;
  /** HTTP/2 error code; 0 for a proper end. */
  readonly resetCode: number;
}

/**
 * One gRPC call by HTTP/2 alone, on a connection of its own: a reader that can stand still with its window shut, and sees what went over the wire.
 */
export class RawHttp2Reader implements AsyncDisposable {
  /** Messages so far, unless `onMessage` gets them. */
  readonly messages: Buffer[] = [];
  readonly ended: Promise<RawEnd>;
  /** Resolves when the headers of the answer came. */
  readonly headers: Promise<void>;
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #onMessage: (message: Buffer) => void;
  readonly #end = new Deferred<RawEnd>();
  #partial: Buffer = Buffer.alloc(0);
  #receivedBytes = 0;
  #messageCount = 0;
  #news = new Deferred<void>();
  #trailers: IncomingHttpHeaders = {};
  #headersOnly = true;

  private constructor(session: ClientHttp2Session, options: RawReaderOptions) {
    this.#session = session;
    this.#onMessage = options.onMessage ?? ((message) => this.messages.push(message));
    this.ended = this.#end.promise;
    this.#stream = session.request({
      ":method": "POST",
      ":path": `/${options.method}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...options.metadata,
    });
    setReadAhead(this.#stream, 0);
    const headers = new Deferred<void>();
    this.headers = headers.promise;
    this.#stream.on("response", (received) => {
      this.#trailers = received;
      headers.resolve();
    });
    this.#stream.on("trailers", (trailers: IncomingHttpHeaders) => {
      this.#headersOnly = false;
      this.#trailers = trailers;
    });
    this.#stream.on("data", (data: Buffer) => this.#receive(data));
    // What an error means is told by how the stream closed.
    this.#stream.on("error", () => {});
    this.#stream.on("close", () => this.#close());
    this.#stream.end(frame(options.request));
  }

  /** Resolves when the connection stands and the request is on its way. */
  static async open(options: RawReaderOptions): Promise<RawHttp2Reader> {
    const settings = options.windowBytes === undefined ? {} : { initialWindowSize: options.windowBytes };
    const scheme = options.secure === undefined ? "http" : "https";
    const session = connect(`${scheme}://${options.address}`, { ...options.secure, settings });
    session.on("error", () => {});
    await once(session, "connect");
    return new RawHttp2Reader(session, options);
  }

  /** Bytes of messages and their framing that were read. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get messageCount(): number {
    return this.#messageCount;
  }

  /** True when the status came without headers before it: proxies and clients may try again. */
  get trailersOnly(): boolean {
    return this.#headersOnly && this.#trailers["grpc-status"] !== undefined;
  }

  /** Stands still: no more window is granted. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Lets so many bytes through, for a stream that began with another window. */
  openWindow(windowBytes: number): void {
    this.#session.settings({ initialWindowSize: windowBytes });
  }

  /** Resolves when there are so many messages, or the stream has ended. */
  async waitForMessages(count: number): Promise<void> {
    while (this.#messageCount < count && !this.#stream.closed) await this.#news.promise;
  }

  /** Resets the stream, as a client that cancels. */
  cancel(): void {
    this.#stream.close(8);
  }

  /** Cuts the connection, as a client that dies. */
  disconnect(): void {
    this.#session.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session.destroy();
    await this.ended;
  }

  #receive(data: Buffer): void {
    this.#receivedBytes += data.length;
    this.#partial = this.#partial.length === 0 ? data : Buffer.concat([this.#partial, data]);
    while (this.#partial.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + this.#partial.readUInt32BE(1);
      if (this.#partial.length < end) break;
      this.#messageCount++;
      this.#onMessage(Buffer.from(this.#partial.subarray(FRAME_HEADER_BYTES, end)));
      this.#partial = this.#partial.subarray(end);
    }
    this.#wake();
  }

  #close(): void {
    const status = this.#trailers["grpc-status"];
    this.#end.resolve({
      grpcStatus: status === undefined ? undefined : Number(status),
      trailers: this.#trailers,
      resetCode: this.#stream.rstCode,
    });
    this.#wake();
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = new Deferred<void>();
  }
}

/** Node reads 16 KiB ahead of a paused stream, window or not, and has no public setting for it. */
function setReadAhead(stream: ClientHttp2Stream, bytes: number): void {
  const { _readableState: state } = stream as unknown as { readonly _readableState: { highWaterMark: number } };
  state.highWaterMark = bytes;
}

function frame(message: Uint8Array): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
