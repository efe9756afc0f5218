import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Metadata, type ServerInterceptingCallInterface, status as Status } from "@grpc/grpc-js";
import type { Caller, CallOrigin } from "../../core/calls.js";
import type { ErrorCode, GenerationError } from "../../core/generation-error.js";
import { fromForeignStatus, isForeignStatus, toErrorStatus } from "../status/error-status.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import { printableText } from "../../telemetry/log-text.js";
import { peerOf } from "../connection/peers.js";
import type { CallHost } from "./call-context.js";
import { describeError } from "./refusal-log.js";
import { callerOn } from "./stream-caller.js";
import type { Http2Listener } from "../connection/http2-listener.js";

/** A status in the form that grpc-js takes. */
type OutgoingStatus = Parameters<ServerInterceptingCallInterface["sendStatus"]>[0];

interface CallWireOptions {
  readonly host: Pick<CallHost, "limits" | "refusals" | "requestBytes" | "runningClock">;
  /** The path of the method, such as /rill.v1.TokenService/Tokenize. */
  readonly path: string;
}

/** Errors that the handler of the call logs itself, with their cause. */
const FAULTS: ReadonlySet<string> = new Set<ErrorCode>(["INTERNAL", "ENGINE_FAULT"]);

/** The trailer of generation calls. */
const GENERATION_ID_KEY = "x-rill-generation-id";

const wires = new WeakMap<Metadata, CallWire>();
const wiresOfStreams = new WeakMap<ServerHttp2Stream, CallWire>();

/**
 * A call below the handler of grpc-js. Every status of the call passes through here, and only this file reaches behind the types of grpc-js: the
 * `stream` of the innermost call is private there.
 *
 * Promises: the first status wins. Every error status carries google.rpc details. A stream is closed at the latest when the grace period after its
 * status is over, whether or not its reader reads on.
 */
export class CallWire {
  /** The id of the call's generation, if it has one. It goes out with every status. */
  generationId: string | undefined;
  /** The request id in the caller's request, valid or not, for the log. */
  requestId: string | undefined;
  /** Whether the generation was accepted, so that its own log line reports its end. */
  accepted = false;
  readonly #options: CallWireOptions;
  readonly #stream: ServerHttp2Stream;
  readonly #sendStatus: (status: OutgoingStatus) => void;
  #ended = false;
  #grace: Disposable | undefined;
  #onForcedEnd: ((reason: GenerationError) => void) | undefined;
  #onClosed: (() => void) | undefined;

  /**
   * Intercepts the statuses of the call.
   * @throws Error if grpc-js keeps its stream elsewhere than this file assumes
   */
  constructor(call: ServerInterceptingCallInterface, options: CallWireOptions) {
    const { stream } = call as { stream?: ServerHttp2Stream };
    if (typeof stream?.close !== "function" || !Object.hasOwn(Object.getPrototypeOf(call) as object, "sendStatus")) {
      throw new Error(
        "this release of @grpc/grpc-js keeps its HTTP/2 stream elsewhere: src/grpc/call/call-wire.ts must follow",
      );
    }
    this.#stream = stream;
    this.#options = options;
    this.#sendStatus = call.sendStatus.bind(call);
    // grpc-js itself sends some statuses: for a deadline, for a message that is too large, for a body that does not decompress.
    call.sendStatus = (status) => this.#sendOnce(status);
    stream.once("close", () => {
      this.#grace?.[Symbol.dispose]();
      this.#onClosed?.();
    });
    wiresOfStreams.set(stream, this);
  }

  /** Lets the handler find the wire by the metadata object that grpc-js passes through. */
  bindTo(metadata: Metadata): void {
    wires.set(metadata, this);
  }

  static of(metadata: Metadata): CallWire {
    const wire = wires.get(metadata);
    if (wire === undefined) throw new Error("the call did not come through the guard");
    return wire;
  }

  /** The wire of the call on a stream, or undefined if grpc-js does not have the call. */
  static onStream(stream: ServerHttp2Stream): CallWire | undefined {
    return wiresOfStreams.get(stream);
  }

  /** The caller that the gate has identified. */
  get caller(): Caller {
    return callerOn(this.#stream);
  }

  /** The peer of the call, for the log. */
  get origin(): CallOrigin {
    return originOf(this.#stream);
  }

  /** The identity of the call for the log, bounded and printable. */
  get names(): object {
    const { host } = this.#options;
    const { generationId, requestId } = this;
    return {
      generationId,
      requestId: requestId === undefined ? undefined : printableText(wellFormedText(requestId, host.limits.idBytes)),
      ...this.origin,
    };
  }

  /** Calls `listener` when grpc-js ends the call itself, before its status goes out. */
  onForcedEnd(listener: (reason: GenerationError) => void): void {
    this.#onForcedEnd = listener;
  }

  /** The connection of the call. */
  get connection(): object {
    // Without a session the stream is closed, and its response is released at once.
    return this.#stream.session ?? this.#stream;
  }

  /** Resets the call, because its reader does not take what was sent. */
  evict(): void {
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** Stops counting the bytes of the request, which is decoded. */
  releaseRequest(): void {
    this.#options.host.requestBytes.release(this.#stream);
  }

  /**
   * Calls `listener` when the stream is closed, whatever happened to the call, or at once if it is closed already. A later listener replaces an
   * earlier one.
   */
  onClosed(listener: () => void): void {
    this.#onClosed = listener;
    if (this.#stream.destroyed) listener();
  }

  /** Ends the call with status OK. */
  finish(): void {
    this.#sendOnce({ code: Status.OK, details: "OK", metadata: this.trailers() });
  }

  /**
   * Ends the call with an error, in trailers only if nothing was sent yet. If the reader's window is closed, the status waits for the reader until
   * the grace period is over.
   */
  fail(error: GenerationError): void {
    this.#sendOnce(toErrorStatus(error, this.trailers()), error);
  }

  /** Ends the call with a status that a standard protocol defines, without details. */
  failPlainly(code: Status, details: string): void {
    this.#sendOnce({ code, details, metadata: this.trailers() });
  }

  /** The trailers of the status. Each status gets its own, so that waiting calls hold none. */
  trailers(): Metadata {
    const trailers = new Metadata();
    if (this.generationId !== undefined) trailers.set(GENERATION_ID_KEY, this.generationId);
    return trailers;
  }

  /**
   * Resets the stream after this time unless it is closed by then, because its reader has not taken its status. The code is never CANCEL, which
   * clients map to the status CANCELLED. It may be called twice.
   */
  resetAfter(delayMs: number): void {
    if (this.#stream.closed || this.#grace !== undefined) return;
    this.#grace = this.#options.host.runningClock.startTimer(delayMs, () =>
      this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM),
    );
  }

  #sendOnce(status: OutgoingStatus, error?: GenerationError): void {
    // Errors of a closed stream mean that the client has left, which grpc-js reports by 'cancelled'.
    if (this.#ended || this.#stream.destroyed || this.#stream.closed) return;
    this.#ended = true;
    const foreign = isForeignStatus(status) ? fromForeignStatus(status) : undefined;
    if (status.code !== Status.OK) this.#noteRefusal(status.code, error ?? foreign);
    if (foreign !== undefined) this.#onForcedEnd?.(foreign);
    this.#sendStatus(foreign === undefined ? status : toErrorStatus(foreign, this.trailers()));
    this.#grace?.[Symbol.dispose]();
    this.#grace = undefined;
    this.resetAfter(this.#options.host.limits.slowReaderGraceMs);
  }

  /** A refusal is a status before anything else was sent and before a generation was accepted. */
  #noteRefusal(status: Status, error: GenerationError | undefined): void {
    const reason = error?.code ?? Status[status];
    if (this.accepted || this.#stream.headersSent) return;
    const { host, path } = this.#options;
    const isServed = this.#onForcedEnd !== undefined;
    if (isServed && FAULTS.has(reason)) {
      host.refusals.count(reason);
      return;
    }
    const method = path.slice(path.lastIndexOf("/") + 1);
    host.refusals.note(reason, () => ({ method, ...this.names, ...(error && describeError(error)) }));
  }
}

/** The header with the server's name. */
const INSTANCE_KEY = "x-rill-instance";
const REQUEST_ID_KEY = "x-request-id";
/** The header of gRPC's own retries. It is absent in the first attempt. */
const ATTEMPTS_KEY = "grpc-previous-rpc-attempts";
/** Visible ASCII without spaces, which headers, logs and shells take as it is. */
const REQUEST_ID_PATTERN = /^[\x21-\x7e]+$/;
const ATTEMPTS_PATTERN = /^\d{1,4}$/;

/** The origins of calls that have headers about them. Most calls have none, and no entry. */
const marks = new WeakMap<ServerHttp2Stream, Omit<CallOrigin, "peer">>();

/**
 * Adds the server's name to every response, and a well-formed `x-request-id` of the call. They go into the initial metadata, or into the trailers of
 * a response that has nothing else. This works on the streams of HTTP/2, because grpc-js and the gate respond to some requests before there is a
 * call.
 * @param listener a listener that does not listen yet and has all its other stream handlers; these headers come before them
 */
export function addResponseHeaders(listener: Http2Listener, options: { instanceId: string; maxIdBytes: number }): void {
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

/**
 * Stores the headers about the origin of a stream's call for `originOf`.
 * @returns the `x-request-id`, or undefined if it is malformed or longer than `maxIdBytes`
 */
function noteOrigin(
  stream: ServerHttp2Stream,
  { [REQUEST_ID_KEY]: id, [ATTEMPTS_KEY]: attempts }: IncomingHttpHeaders,
  maxIdBytes: number,
): string | undefined {
  if (id === undefined && attempts === undefined) return undefined;
  const xRequestId = typeof id === "string" && id.length <= maxIdBytes && REQUEST_ID_PATTERN.test(id) ? id : undefined;
  marks.set(stream, {
    ...(xRequestId === undefined ? {} : { xRequestId }),
    ...(typeof attempts === "string" && ATTEMPTS_PATTERN.test(attempts) ? { attempt: Number(attempts) + 1 } : {}),
  });
  return xRequestId;
}

function peerNameOf({ session }: ServerHttp2Stream): string | undefined {
  return session === undefined ? undefined : peerOf(session).name;
}

/** The origin of the call on a stream. */
export function originOf(stream: ServerHttp2Stream): CallOrigin {
  const peer = peerNameOf(stream);
  return { ...(peer === undefined ? {} : { peer }), ...marks.get(stream) };
}
