import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import type { RawEnd } from "./raw-http2-reader.js";

/** A call whose metadata the server has judged already, while its request is still to come. */
export class HeldRequest implements AsyncDisposable {
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  #trailers: IncomingHttpHeaders = {};

  private constructor(session: ClientHttp2Session, stream: ClientHttp2Stream) {
    this.#session = session;
    this.#stream = stream;
    for (const event of ["response", "trailers"] as const)
      stream.on(event, (headers: IncomingHttpHeaders) => (this.#trailers = headers));
    // What an error means is told by how the stream closed.
    stream.on("error", () => {}).resume();
  }

  /** Opens the call. A second call on the connection, which comes back, shows that the server has read the metadata of the first. */
  static async open(
    { address }: { readonly address: string },
    { method, key }: { readonly method: string; readonly key: string },
  ): Promise<HeldRequest> {
    const session = connect(`http://${address}`).on("error", () => {});
    const openCall = (path: string): ClientHttp2Stream =>
      session.request({
        ":method": "POST",
        ":path": `/${path}`,
        "content-type": "application/grpc",
        te: "trailers",
        authorization: `Bearer ${key}`,
      });
    const held = new HeldRequest(session, openCall(method));
    const next = openCall("rill.v1.ServerService/GetServerInfo");
    next.resume().end(Buffer.alloc(5));
    await once(next, "close");
    return held;
  }

  /** Sends the request, encoded and without framing. */
  async send(request: Uint8Array): Promise<RawEnd> {
    const header = Buffer.alloc(5);
    header.writeUInt32BE(request.length, 1);
    this.#stream.end(Buffer.concat([header, request]));
    if (!this.#stream.closed) await once(this.#stream, "close");
    const status = this.#trailers["grpc-status"];
    return {
      grpcStatus: status === undefined ? undefined : Number(status),
      trailers: this.#trailers,
      resetCode: this.#stream.rstCode,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#session.destroyed) return;
    this.#session.destroy();
    await once(this.#session, "close");
  }
}
