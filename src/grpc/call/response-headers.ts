import type { Http2Server, IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { noteOrigin, REQUEST_ID_KEY } from "./call-origin.js";

const INSTANCE_KEY = "x-rill-instance";

/**
 * Adds the server's name to every response, and a well-formed `x-request-id` of the call. They go into the initial metadata, or into the trailers of
 * a response that has nothing else. This works on the streams of HTTP/2, because grpc-js and the gate respond to some requests before there is a
 * call.
 * @param listener a listener that does not listen yet and has all its other stream handlers; these headers come before them
 */
export function addResponseHeaders(listener: Http2Server, options: { instanceId: string; maxIdBytes: number }): void {
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
