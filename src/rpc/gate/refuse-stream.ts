import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { GenerationError } from "../../core/generation-error.js";
import { toErrorStatus } from "../status/error-status.js";

/** Answers a call that never reached grpc-js by a status in trailers only. @param headers what else stands in them */
export function refuseStream(stream: ServerHttp2Stream, error: GenerationError, headers: OutgoingHttpHeaders): void {
  const { code, details, metadata } = toErrorStatus(error);
  stream.respond(
    {
      [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc+proto",
      "grpc-status": code,
      "grpc-message": encodeURI(details),
      ...metadata.toHttp2Headers(),
      ...headers,
    },
    { endStream: true },
  );
}
