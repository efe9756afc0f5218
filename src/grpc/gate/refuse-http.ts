import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";

/** For a person with a browser or curl. */
const TEXT = "This port speaks gRPC: a request is a POST of application/grpc.\n";

/**
 * Answers a request that is not gRPC with an HTTP status and a sentence. The body also keeps the stream open until the client has read it, so that HTTP/2
 * judges what the client sends meanwhile by the state of a stream that is there, and does not ignore it.
 */
export function refuseHttp(stream: ServerHttp2Stream, request: IncomingHttpHeaders, httpStatus: number): void {
  const headers = {
    [constants.HTTP2_HEADER_STATUS]: httpStatus,
    [constants.HTTP2_HEADER_ALLOW]: "POST",
    [constants.HTTP2_HEADER_CONTENT_TYPE]: "text/plain",
  };
  stream.resume();
  if (request[constants.HTTP2_HEADER_METHOD] === constants.HTTP2_METHOD_HEAD) {
    stream.respond(headers, { endStream: true });
    return;
  }
  stream.respond(headers);
  stream.end(TEXT);
}
