import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";

/** What came of a raw call. */
export interface RawAnswer {
  /** undefined: the stream was reset without an answer. */
  readonly headers: IncomingHttpHeaders | undefined;
  /** Of an answer in trailers only, the headers. */
  readonly trailers: IncomingHttpHeaders;
  readonly resetCode: number;
}

/** A connection for calls that no gRPC client would make. */
export class RawConnection implements Disposable {
  readonly session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.session = session;
  }

  static async open(address: string): Promise<RawConnection> {
    const session = connect(`http://${address}`);
    session.on("error", () => {});
    await once(session, "connect");
    return new RawConnection(session);
  }

  /** @param method such as rill.v1.GenerationService/Generate */
  start(method: string, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
    const stream = this.session.request({
      ":method": "POST",
      ":path": `/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    stream.on("error", () => {});
    return stream;
  }

  /** Sends a whole request, its body as it is given, and waits for the end of the stream. */
  async call(method: string, body: Uint8Array, headers: OutgoingHttpHeaders = {}): Promise<RawAnswer> {
    const stream = this.start(method, headers);
    const answer = answerOf(stream);
    stream.end(body);
    return await answer;
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}

/** Resolves when the stream is closed. */
export async function answerOf(stream: ClientHttp2Stream): Promise<RawAnswer> {
  let headers: IncomingHttpHeaders | undefined;
  let trailers: IncomingHttpHeaders | undefined;
  stream.on("response", (received) => (headers = received));
  stream.on("trailers", (received: IncomingHttpHeaders) => (trailers = received));
  stream.resume();
  await new Promise<void>((resolve) => stream.once("close", () => resolve()));
  return { headers, trailers: trailers ?? headers ?? {}, resetCode: stream.rstCode };
}

/** A message as gRPC frames it. */
export function grpcFrame(message: Uint8Array, { flag = 0, length = message.length } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flag);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}
