import { connect, constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";

const LIMIT_MS = 10_000;

export interface RawQuestion {
  /** host:port */
  readonly address: string;
  /** Such as rill.v1.GenerationService/GenerateStream. */
  readonly method: string;
  readonly metadata?: OutgoingHttpHeaders;
  /** As it goes out, framing and all. */
  readonly body: Uint8Array;
}

export interface RawAnswer {
  /** undefined: no status came within ten seconds, or the stream was reset before. */
  readonly grpcStatus: number | undefined;
  /** Headers and trailers together. */
  readonly headers: IncomingHttpHeaders;
}

/** One call with a body that no client would send, on a connection of its own. */
export async function askRaw({ address, method, metadata, body }: RawQuestion): Promise<RawAnswer> {
  const session = connect(`http://${address}`);
  session.on("error", () => {});
  const stream = session.request({
    ":method": "POST",
    ":path": `/${method}`,
    "content-type": "application/grpc",
    te: "trailers",
    ...metadata,
  });
  let headers: IncomingHttpHeaders = {};
  const add = (received: IncomingHttpHeaders): void => void (headers = { ...headers, ...received });
  stream.on("response", add);
  stream.on("trailers", add);
  stream.on("error", () => {});
  stream.resume();
  stream.setTimeout(LIMIT_MS, () => stream.close(constants.NGHTTP2_CANCEL));
  const closed = new Promise<void>((resolve) => stream.on("close", resolve));
  stream.end(body);
  await closed;
  session.destroy();
  const status = headers["grpc-status"];
  return { grpcStatus: status === undefined ? undefined : Number(status), headers };
}
