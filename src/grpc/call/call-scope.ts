import type { EventEmitter } from "node:events";
import { GenerationError } from "../../core/generation-error.js";

/** What a scope needs of a grpc-js call. */
export type CancellableCall = Pick<EventEmitter, "on" | "removeListener"> & { readonly cancelled: boolean };

/**
 * The lifetime of one call, on the main thread: its one AbortSignal, aborted with a GenerationError by whatever comes first (the client leaves, the
 * deadline passes, the reader is too slow, the server drains). Settles once; what comes after that is ignored: grpc-js says 'cancelled'
 * at every end, a good one too.
 */
export class CallScope implements Disposable {
  readonly #controller = new AbortController();
  readonly #call: CancellableCall;
  readonly #onCancelled = (): void => this.abort(clientLeft());
  readonly #onSettled: () => void;
  #settled = false;

  constructor(call: CancellableCall, onSettled: () => void) {
    this.#call = call;
    this.#onSettled = onSettled;
    call.on("cancelled", this.#onCancelled);
    // The event may have been before the handler ran.
    if (call.cancelled) this.#onCancelled();
  }

  /** Everything that the call waits for listens to it; its reason is a GenerationError. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the call for this reason, unless it has ended or has one already. */
  abort(reason: GenerationError): void {
    if (!this.#settled) this.#controller.abort(reason);
  }

  /** Why the handler failed: the signal's reason before whatever the abort made it throw. */
  failure(thrown: unknown): GenerationError {
    return GenerationError.from(this.signal.aborted ? this.signal.reason : thrown);
  }

  [Symbol.dispose](): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#call.removeListener("cancelled", this.#onCancelled);
    this.#onSettled();
  }
}

function clientLeft(): GenerationError {
  return new GenerationError("CANCELLED", "the client cancelled the call or its connection was lost");
}
