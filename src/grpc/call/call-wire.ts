import { constants, type ServerHttp2Stream } from "node:http2";
import { Metadata, status as Status, type ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { CallOrigin } from "../../core/calls.js";
import type { ErrorCode, GenerationError } from "../../core/generation-error.js";
import { fromForeignStatus, isForeignStatus } from "../status/foreign-status.js";
import { toErrorStatus } from "../status/error-status.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import { printableText } from "../../telemetry/printable-text.js";
import { originOf } from "./call-origin.js";
import type { CallHost } from "./call-host.js";

/** A status as grpc-js takes it. */
type OutgoingStatus = Parameters<ServerInterceptingCallInterface["sendStatus"]>[0];

interface CallWireOptions {
  readonly host: Pick<CallHost, "limits" | "refusals" | "requestBytes" | "runningClock">;
  /** Such as /rill.v1.TokenService/Tokenize. */
  readonly path: string;
}

/** Faults, which whoever serves the call logs itself, each with its cause. */
const FAULTS: ReadonlySet<string> = new Set<ErrorCode>(["INTERNAL", "ENGINE_FAULT"]);

/** The trailer of generation calls. */
const GENERATION_ID_KEY = "x-rill-generation-id";

const wires = new WeakMap<Metadata, CallWire>();
const wiresOfStreams = new WeakMap<ServerHttp2Stream, CallWire>();

/**
 * One call below grpc-js's handler: the one place through which its status leaves, whoever made it, and the means to reset its HTTP/2 stream.
 * The only file that reaches behind grpc-js's types: `stream` of the innermost call is private there.
 *
 * Promises: the first status wins; every status that stands for an error carries google.rpc details; a stream whose status was sent, or wanted,
 * is closed after the grace at the latest, whether its reader reads on or not.
 */
export class CallWire {
  /** Of the generation that the call is about, if any: goes out with the status, whatever it is. */
  generationId: string | undefined;
  /** What the caller named its call in the request, whatever that is; for the log. */
  requestId: string | undefined;
  /** True: its generation was accepted, and its own line in the log tells how it ended. */
  accepted = false;
  readonly #options: CallWireOptions;
  readonly #stream: ServerHttp2Stream;
  readonly #sendStatus: (status: OutgoingStatus) => void;
  #ended = false;
  #grace: Disposable | undefined;
  #onForcedEnd: ((reason: GenerationError) => void) | undefined;
  #onClosed: (() => void) | undefined;

  /** Takes over the sending of statuses. @throws Error when grpc-js keeps its stream elsewhere than this file believes. */
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
    // grpc-js itself goes through here too: for a deadline, a message too large, a body that does not inflate.
    call.sendStatus = (status) => this.#sendOnce(status);
    stream.once("close", () => {
      this.#grace?.[Symbol.dispose]();
      this.#onClosed?.();
    });
    wiresOfStreams.set(stream, this);
  }

  /** Lets the handler find the wire by the metadata object that grpc-js hands through to it. */
  bindTo(metadata: Metadata): void {
    wires.set(metadata, this);
  }

  static of(metadata: Metadata): CallWire {
    const wire = wires.get(metadata);
    if (wire === undefined) throw new Error("the call did not come through the guard");
    return wire;
  }

  /** The wire of the call on a stream; undefined: grpc-js has not got it. */
  static onStream(stream: ServerHttp2Stream): CallWire | undefined {
    return wiresOfStreams.get(stream);
  }

  /** For the log. */
  get origin(): CallOrigin {
    return originOf(this.#stream);
  }

  /** Which call it is, for the log: bounded, and safe to be shown. */
  get names(): object {
    const { host } = this.#options;
    const { generationId, requestId } = this;
    return {
      generationId,
      requestId: requestId === undefined ? undefined : printableText(wellFormedText(requestId, host.limits.idBytes)),
      ...this.origin,
    };
  }

  /** Calls `listener` when grpc-js ends the call by itself, before its status goes out. */
  onForcedEnd(listener: (reason: GenerationError) => void): void {
    this.#onForcedEnd = listener;
  }

  /** The connection that the call came over. */
  get connection(): object {
    // Without a session the stream is gone, and its response is given back at once.
    return this.#stream.session ?? this.#stream;
  }

  /** Ends the call at once: its reader does not take what was sent. */
  evict(): void {
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** The request was read in: its bytes count no more towards the server's bound. */
  releaseRequest(): void {
    this.#options.host.requestBytes.release(this.#stream);
  }

  /** Calls `listener` when the stream is gone, whatever became of the call; at once where it is. One listener: a later one takes its place. */
  onClosed(listener: () => void): void {
    this.#onClosed = listener;
    if (this.#stream.destroyed) listener();
  }

  /** Ends the call well. */
  finish(): void {
    this.#sendOnce({ code: Status.OK, details: "OK", metadata: this.trailers() });
  }

  /** Ends the call with an error: in trailers only if nothing was sent yet. Behind a shut window it waits for the reader, no longer than the grace. */
  fail(error: GenerationError): void {
    this.#sendOnce(toErrorStatus(error, this.trailers()), error.code);
  }

  /** Ends the call with a status that a standard protocol lays down, without details. */
  failPlainly(code: Status, details: string): void {
    this.#sendOnce({ code, details, metadata: this.trailers() });
  }

  /** What goes out with the status. Made for each: most calls wait without any. */
  trailers(): Metadata {
    const trailers = new Metadata();
    if (this.generationId !== undefined) trailers.set(GENERATION_ID_KEY, this.generationId);
    return trailers;
  }

  /**
   * Resets the stream after this time unless it is closed by then: its reader has not taken its status. The code is never CANCEL, which clients read as
   * the status CANCELLED. A second call changes nothing.
   */
  resetAfter(delayMs: number): void {
    if (this.#stream.closed || this.#grace !== undefined) return;
    this.#grace = this.#options.host.runningClock.startTimer(delayMs, () =>
      this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM),
    );
  }

  #sendOnce(status: OutgoingStatus, code?: ErrorCode): void {
    // What fails because the stream is gone is the client's leaving, and grpc-js says so by 'cancelled'.
    if (this.#ended || this.#stream.destroyed || this.#stream.closed) return;
    this.#ended = true;
    const foreign = isForeignStatus(status) ? fromForeignStatus(status) : undefined;
    if (status.code !== Status.OK) this.#noteRefusal(code ?? foreign?.code ?? Status[status.code]);
    if (foreign !== undefined) this.#onForcedEnd?.(foreign);
    this.#sendStatus(foreign === undefined ? status : toErrorStatus(foreign, this.trailers()));
    this.#grace?.[Symbol.dispose]();
    this.#grace = undefined;
    this.resetAfter(this.#options.host.limits.slowReaderGraceMs);
  }

  /** A refusal is a status before anything else was sent, and before a generation was accepted. */
  #noteRefusal(reason: string): void {
    const isServed = this.#onForcedEnd !== undefined;
    if (this.accepted || this.#stream.headersSent || (isServed && FAULTS.has(reason))) return;
    const { host, path } = this.#options;
    host.refusals.note(reason, () => ({ method: path.slice(path.lastIndexOf("/") + 1), ...this.names }));
  }
}
