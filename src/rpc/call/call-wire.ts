import { constants, type ServerHttp2Stream } from "node:http2";
import { Metadata, status as Status, type ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { GenerationError } from "../../core/generation-error.js";
import type { Clock } from "../../sync/clock.js";
import { fromForeignStatus, isForeignStatus } from "../status/foreign-status.js";
import { toErrorStatus } from "../status/error-status.js";

/** A status as grpc-js takes it. */
type OutgoingStatus = Parameters<ServerInterceptingCallInterface["sendStatus"]>[0];

/** The trailer of generation calls. */
const GENERATION_ID_KEY = "x-rill-generation-id";

const wires = new WeakMap<Metadata, CallWire>();

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
  readonly #stream: ServerHttp2Stream;
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #sendStatus: (status: OutgoingStatus) => void;
  #ended = false;
  #grace: Disposable | undefined;
  #onForcedEnd: ((reason: GenerationError) => void) | undefined;
  #onClosed: (() => void) | undefined;

  /** Takes over the sending of statuses. @throws Error when grpc-js keeps its stream elsewhere than this file believes. */
  constructor(call: ServerInterceptingCallInterface, options: { clock: Clock; graceMs: number }) {
    const { stream } = call as { stream?: ServerHttp2Stream };
    if (typeof stream?.close !== "function" || !Object.hasOwn(Object.getPrototypeOf(call) as object, "sendStatus")) {
      throw new Error(
        "this release of @grpc/grpc-js keeps its HTTP/2 stream elsewhere: src/rpc/call/call-wire.ts must follow",
      );
    }
    this.#stream = stream;
    this.#clock = options.clock;
    this.#graceMs = options.graceMs;
    this.#sendStatus = call.sendStatus.bind(call);
    // grpc-js itself goes through here too: for a deadline, a message too large, a body that does not inflate.
    call.sendStatus = (status) => this.#sendOnce(status);
    stream.once("close", () => {
      this.#grace?.[Symbol.dispose]();
      this.#onClosed?.();
    });
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

  /** Calls `listener` when grpc-js ends the call by itself, before its status goes out. */
  onForcedEnd(listener: (reason: GenerationError) => void): void {
    this.#onForcedEnd = listener;
  }

  /** Calls `listener` when the stream is gone, whatever became of the call. One listener: a later one takes its place. */
  onClosed(listener: () => void): void {
    this.#onClosed = listener;
  }

  /** Ends the call well. */
  finish(): void {
    this.#sendOnce({ code: Status.OK, details: "OK", metadata: this.trailers() });
  }

  /** Ends the call with an error: in trailers only if nothing was sent yet. Behind a shut window it waits for the reader, no longer than the grace. */
  fail(error: GenerationError): void {
    this.#sendOnce(toErrorStatus(error, this.trailers()));
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
    this.#grace = this.#clock.startTimer(delayMs, () => this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM));
  }

  #sendOnce(status: OutgoingStatus): void {
    // What fails because the stream is gone is the client's leaving, and grpc-js says so by 'cancelled'.
    if (this.#ended || this.#stream.destroyed || this.#stream.closed) return;
    this.#ended = true;
    this.#sendStatus(this.#explained(status));
    this.#grace?.[Symbol.dispose]();
    this.#grace = undefined;
    this.resetAfter(this.#graceMs);
  }

  #explained(status: OutgoingStatus): OutgoingStatus {
    if (!isForeignStatus(status)) return status;
    const error = fromForeignStatus(status);
    this.#onForcedEnd?.(error);
    return toErrorStatus(error, this.trailers());
  }
}
