import type { EventEmitter } from "node:events";
import { GenerationError } from "../../core/generation-error.js";
import { deadlinePassed } from "../status/error-status.js";

/** The part of a grpc-js call that a scope needs. */
export type CancellableCall = Pick<EventEmitter, "on" | "removeListener"> & { readonly cancelled: boolean };

/** A scope asks and tells these at the end of its call. */
export interface ScopeEnds {
  /** Whether the call's deadline has passed or is so near that a client that leaves now does so for that reason. */
  isLate(): boolean;
  /** Called once, when the handler has ended. */
  onSettled(): void;
}

/**
 * The lifetime of one call, on the main thread. Its AbortSignal is aborted with a GenerationError by the first of: the client leaves, the deadline
 * passes, the reader is too slow, the server drains. Everything after that is ignored, because grpc-js emits 'cancelled' at every end, even a good
 * one.
 */
export class CallScope implements Disposable {
  readonly #controller = new AbortController();
  readonly #call: CancellableCall;
  readonly #onCancelled = (): void => this.abort(this.#ends.isLate() ? deadlinePassed() : clientLeft());
  readonly #ends: ScopeEnds;
  #settled = false;

  constructor(call: CancellableCall, ends: ScopeEnds) {
    this.#call = call;
    this.#ends = ends;
    call.on("cancelled", this.#onCancelled);
    // The call may have been cancelled before its handler ran.
    if (call.cancelled) this.#onCancelled();
  }

  /** The signal of the call. Its reason is a GenerationError. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the call with an error, unless it has ended or been aborted already. */
  abort(reason: GenerationError): void {
    if (!this.#settled) this.#controller.abort(reason);
  }

  /** The cause of a handler's failure: the reason of the signal takes precedence over errors that the abort caused. */
  failure(thrown: unknown): GenerationError {
    return GenerationError.from(this.signal.aborted ? this.signal.reason : thrown);
  }

  [Symbol.dispose](): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#call.removeListener("cancelled", this.#onCancelled);
    this.#ends.onSettled();
  }
}

function clientLeft(): GenerationError {
  return new GenerationError("CANCELLED", "the client cancelled the call or its connection was lost");
}

/** A plain call ends by itself. A watch ends only when someone ends it, so a drain ends it before it waits for the others. */
export type CallKind = "plain" | "watch";

/** The scopes of all open calls in the process, so that a drain can end them. */
export class OpenCalls {
  readonly #scopes = new Map<CallScope, CallKind>();
  #watchesEnded = false;

  /** Adds a scope until it is disposed. A watch that is added after the watches were ended ends at once. */
  remember(scope: CallScope, kind: CallKind): void {
    this.#scopes.set(scope, kind);
    if (kind === "watch" && this.#watchesEnded) scope.abort(draining());
  }

  forget(scope: CallScope): void {
    this.#scopes.delete(scope);
  }

  endWatches(): void {
    this.#watchesEnded = true;
    for (const [scope, kind] of this.#scopes) if (kind === "watch") scope.abort(draining());
  }

  endAll(reason: GenerationError): void {
    for (const scope of this.#scopes.keys()) scope.abort(reason);
  }
}

function draining(): GenerationError {
  return new GenerationError("DRAINING", "the server is about to stop", { retryAfterMs: 0 });
}
