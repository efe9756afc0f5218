import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { GenerationError } from "../../core/generation-error.js";
import type { ConnectionAccount } from "../call/connection-account.js";
import type { StreamHandler } from "./grpc-js-internals.js";
import type { RequestBody } from "./request-body.js";

/** What an incoming call tells the gate, each at most once, and nothing after `onProblem` or `onGone`. */
export interface IncomingCallListener {
  /** More of the body came. Returns the error that ends the call, if it is too much. */
  onGrowth(call: IncomingCall): GenerationError | undefined;
  /** The message is whole; of a stream of requests, the first one. The call waits for `handOver`. */
  onWhole(call: IncomingCall): void;
  onProblem(call: IncomingCall, error: GenerationError): void;
  /** The client reset the stream, or the connection is gone. */
  onGone(call: IncomingCall): void;
}

/**
 * One call between its headers and its whole message. What came is played to grpc-js when the call is handed over, as if it had come only then.
 */
export class IncomingCall {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly account: ConnectionAccount;
  readonly body: RequestBody;
  /** When the call's deadline passes, by the clock; undefined: it has none. */
  readonly deadlineMs: number | undefined;
  readonly streamsRequest: boolean;
  /** Ends the call if its message does not come in time. */
  timer: Disposable | undefined;
  readonly #handler: StreamHandler;
  readonly #listener: IncomingCallListener;
  #state: "reading" | "whole" | "over" = "reading";
  #ended = false;

  constructor(parts: {
    stream: ServerHttp2Stream;
    headers: IncomingHttpHeaders;
    /** grpc-js's. */
    handler: StreamHandler;
    path: string;
    account: ConnectionAccount;
    body: RequestBody;
    deadlineMs: number | undefined;
    streamsRequest: boolean;
    listener: IncomingCallListener;
  }) {
    this.stream = parts.stream;
    this.headers = parts.headers;
    this.path = parts.path;
    this.account = parts.account;
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

  /** Ends the call for this reason, unless it was handed over or has ended. */
  fail(error: GenerationError): void {
    if (this.#state === "over") return;
    this.#leave();
    this.#listener.onProblem(this, error);
  }

  /** Gives the stream to grpc-js, and plays to it what came. */
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
    // Node ends what it destroys, too; the close that follows tells of it.
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
    return new GenerationError("UNDECODABLE_MESSAGE", "the request holds more than its one message");
  }

  #missing(): string {
    if (this.body.isEmpty) return "the request ends without a message";
    return `the request ends ${this.body.missingBytes} bytes before the end of its message`;
  }
}
