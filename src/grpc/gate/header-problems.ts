import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { GenerationError } from "../../core/generation-error.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import { parseGrpcTimeout } from "./call-deadlines.js";

/** The only encoding of messages that the server accepts. */
export const ACCEPTED_ENCODING = "identity";
const MAX_HEADER_TEXT_BYTES = 64;
const CONTENT_TYPE_PATTERN = /^application\/grpc(?:\+proto)?(?:;|$)/;
/** Headers of the protocol itself, which do not count as the caller's metadata. */
const PROTOCOL_HEADERS: ReadonlySet<string> = new Set([
  "te",
  "content-type",
  "accept-encoding",
  "grpc-timeout",
  "grpc-encoding",
  "grpc-accept-encoding",
]);
/** The text for a person with a browser or curl. */
const NOT_GRPC_TEXT = "This port speaks gRPC: a request is a POST of application/grpc.\n";

/** The HTTP status for a request that is no gRPC request, or undefined for a gRPC request. */
export function httpProblem(headers: IncomingHttpHeaders): number | undefined {
  if (headers[constants.HTTP2_HEADER_METHOD] !== constants.HTTP2_METHOD_POST)
    return constants.HTTP_STATUS_METHOD_NOT_ALLOWED;
  if (CONTENT_TYPE_PATTERN.test(headers["content-type"] ?? "")) return undefined;
  return constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE;
}

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
  stream.end(NOT_GRPC_TEXT);
}

/** Finds a problem with the metadata, the encoding or the timeout in the headers of a call. */
export function headerProblem(headers: IncomingHttpHeaders, maxMetadataBytes: number): GenerationError | undefined {
  const bytes = metadataBytes(headers);
  if (bytes > maxMetadataBytes) {
    return new GenerationError("METADATA_TOO_LARGE", `metadata of ${bytes} bytes; at most ${maxMetadataBytes}`, {
      facts: { metadata_bytes: String(bytes), max_metadata_bytes: String(maxMetadataBytes) },
    });
  }
  const { "grpc-encoding": encoding, "grpc-timeout": timeout } = headers;
  if (encoding !== undefined && encoding !== ACCEPTED_ENCODING) {
    const name = wellFormedText(String(encoding), MAX_HEADER_TEXT_BYTES);
    return new GenerationError("UNSUPPORTED_ENCODING", `requests may not be compressed; grpc-encoding is ${name}`);
  }
  if (timeout !== undefined && parseGrpcTimeout(String(timeout)) === undefined) {
    const value = wellFormedText(String(timeout), MAX_HEADER_TEXT_BYTES);
    const description = `is ${value}; it takes one to eight digits and one of the units H, M, S, m, u, n`;
    return new GenerationError("INVALID_REQUEST", `the metadata grpc-timeout is malformed: it ${description}`, {
      violations: [{ field: "grpc-timeout", description }],
    });
  }
  return undefined;
}

/** The size of names and values as transmitted. */
function metadataBytes(headers: IncomingHttpHeaders): number {
  let bytes = 0;
  for (const name in headers) {
    if (name.startsWith(":") || PROTOCOL_HEADERS.has(name)) continue;
    const value = headers[name];
    if (typeof value === "string") bytes += name.length + value.length;
    else for (const each of value ?? []) bytes += name.length + each.length;
  }
  return bytes;
}
