import type { Http2Server, IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { noteOrigin, REQUEST_ID_KEY } from "./call-origin.js";

const INSTANCE_KEY = "x-rill-instance";

/**
 * Gives every answer the server's name, and the call's own `x-request-id` where that is well-formed: in the initial metadata, or in the trailers of an
 * answer that has nothing else. It works on HTTP/2's streams, because grpc-js and the server answer some of them before there is a call: an unknown
 * method, a wrong content type.
 * @param listener with its other handlers of streams in place, and not listening yet: these headers come before all of them
 */
export function addAnswerHeaders(listener: Http2Server, options: { instanceId: string; maxIdBytes: number }): void {
  listener.prependListener("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    sign(stream, options.instanceId, noteOrigin(stream, headers, options.maxIdBytes));
  });
}

function sign(stream: ServerHttp2Stream, instanceId: string, requestId: string | undefined): void {
  const respond = stream.respond.bind(stream);
  stream.respond = (headers, options) => {
    const signed: OutgoingHttpHeaders = { ...headers, [INSTANCE_KEY]: instanceId };
    if (requestId !== undefined) signed[REQUEST_ID_KEY] = requestId;
    respond(signed, options);
  };
}
