import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { GenerationError } from "../../core/generation-error.js";
import type { StreamHandler } from "./grpc-js-internals.js";
import type { RequestBody } from "./request-body.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import { parseGrpcTimeout } from "./call-deadlines.js";

/** The events of an incoming call for the gate. Each happens at most once, and none follows `onProblem` or `onGone`. */
export interface IncomingCallListener {
  /** A part of the body has arrived. Returns the error that ends the call if the body is too large. */
  onGrowth(call: IncomingCall): GenerationError | undefined;
  /** The message is complete; in a stream of requests, the first message is. The call waits for `handOver`. */
  onWhole(call: IncomingCall): void;
  onProblem(call: IncomingCall, error: GenerationError): void;
  /** The client has reset the stream, or the connection is closed. */
  onGone(call: IncomingCall): void;
}

/**
 * A call between its headers and its complete message. When the call is handed over, grpc-js gets everything that has arrived as if it arrived only
 * then.
 */
export class IncomingCall {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly connection: object;
  readonly body: RequestBody;
  /** The time of the call's deadline by the clock, or undefined if it has none. */
  readonly deadlineMs: number | undefined;
  readonly streamsRequest: boolean;
  /** Ends the call if its message does not arrive in time. */
  timer: Disposable | undefined;
  readonly #handler: StreamHandler;
  readonly #listener: IncomingCallListener;
  #state: "reading" | "whole" | "over" = "reading";
  #ended = false;

  constructor(parts: {
    stream: ServerHttp2Stream;
    headers: IncomingHttpHeaders;
    /** The handler of grpc-js. */
    handler: StreamHandler;
    path: string;
    connection: object;
    body: RequestBody;
    deadlineMs: number | undefined;
    streamsRequest: boolean;
    listener: IncomingCallListener;
  }) {
    this.stream = parts.stream;
    this.headers = parts.headers;
    this.path = parts.path;
    this.connection = parts.connection;
    this.body = parts.body;
    this.deadlineMs = parts.deadlineMs;
    this.streamsRequest = parts.streamsRequest;
    this.#handler = parts.handler;
    this.#listener = parts.listener;
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  start(): void {
    this.stream.on("data", this.#onData);
    this.stream.on("end", this.#onEnd);
    this.stream.on("close", this.#onClose);
  }

  /** Ends the call with an error, unless it has been handed over or has ended. */
  fail(error: GenerationError): void {
    if (this.#state === "over") return;
    this.#leave();
    this.#listener.onProblem(this, error);
  }

  /** Hands the stream over to grpc-js, with everything that has arrived. */
  handOver(): void {
    this.#leave();
    const { bytes } = this.body;
    this.#handler(this.stream, this.headers);
    if (bytes.length > 0) this.stream.emit("data", bytes);
    if (this.#ended) this.stream.emit("end");
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state !== "reading") return;
    const problem = this.body.take(chunk) ?? this.#listener.onGrowth(this) ?? this.#secondMessage();
    if (problem !== undefined) {
      this.fail(problem);
    } else if (this.streamsRequest && this.body.isWhole) {
      this.stream.pause();
      this.#becomeWhole();
    }
  };

  readonly #onEnd = (): void => {
    // Node also emits 'end' for a destroyed stream. The 'close' that follows reports the loss.
    if (this.stream.destroyed) return;
    this.#ended = true;
    if (this.#state !== "reading") return;
    if (this.body.isWhole || (this.streamsRequest && this.body.isEmpty)) this.#becomeWhole();
    else this.fail(new GenerationError("UNDECODABLE_MESSAGE", this.#missing()));
  };

  readonly #onClose = (): void => {
    if (this.#state === "over") return;
    this.#leave();
    this.#listener.onGone(this);
  };

  #becomeWhole(): void {
    this.#state = "whole";
    this.timer?.[Symbol.dispose]();
    this.#listener.onWhole(this);
  }

  #leave(): void {
    this.#state = "over";
    this.timer?.[Symbol.dispose]();
    this.stream.removeListener("data", this.#onData);
    this.stream.removeListener("end", this.#onEnd);
    this.stream.removeListener("close", this.#onClose);
  }

  #secondMessage(): GenerationError | undefined {
    if (this.streamsRequest || !this.body.isExceeded) return undefined;
    return new GenerationError("UNDECODABLE_MESSAGE", "the request contains more than one message");
  }

  #missing(): string {
    if (this.body.isEmpty) return "the request ends without a message";
    return `the request ends ${this.body.missingBytes} bytes before the end of its message`;
  }
}

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
