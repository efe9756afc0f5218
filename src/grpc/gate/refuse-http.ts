import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";

/** The text for a person with a browser or curl. */
const TEXT = "This port speaks gRPC: a request is a POST of application/grpc.\n";

/**
 * Responds to a request that is not gRPC with an HTTP status and a sentence. The body keeps the stream open until the client has read it, so HTTP/2
 * still checks whatever the client sends meanwhile instead of ignoring it.
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
