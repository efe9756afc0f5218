import type { Caller, CallOrigin } from "../../core/calls.js";
import type { GenerationError } from "../../core/generation-error.js";

/** The call that asks for a generation, whatever protocol it came by. A protocol hands it in; grpc's CallContext is one. */
export interface CallHandle {
  readonly caller: Caller;
  /** Aborts with a GenerationError when the call has to end. */
  readonly signal: AbortSignal;
  /** When the call's deadline passes, by the server's clock; undefined: it has none. */
  readonly deadlineMs: number | undefined;
  /** For the log. */
  readonly origin: CallOrigin;
  /** Aborts the signal for this reason, which the call then ends with. Does nothing once the call has ended. */
  abort(reason: GenerationError): void;
  /** Tells the call which generation it reads, however it ends. */
  nameGeneration(generationId: string): void;
  /** The generation was accepted: from now on the call is not refused any more. */
  accepted(): void;
  /** The request was read in, and nothing holds its bytes any more. */
  releaseRequest(): void;
}
