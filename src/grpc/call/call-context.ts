import type { CallOrigin } from "../../core/calls.js";
import type { Caller } from "../../core/caller.js";
import type { GenerationError } from "../../core/generation-error.js";
import type { ReaderRule } from "./reader-rule.js";

/** A call as its service sees it. */
export interface CallContext {
  readonly caller: Caller;
  /** Aborts with a GenerationError when the call has to end. Whatever the service waits for listens to it. */
  readonly signal: AbortSignal;
  /** When the call's deadline passes, by the host's clock; undefined: it has none. */
  readonly deadlineMs: number | undefined;
  /** For the log. */
  readonly origin: CallOrigin;
  /** What the caller named its call in the request, valid or not; for the log. */
  nameRequest(requestId: string | undefined): void;
  /** Says that the call's generation was accepted: a refusal is not possible any more, and the log tells its end by the generation's own line. */
  accepted(): void;
  /**
   * Counts a unary response of up to this many bytes from now on, before it is made. Its real size takes their place once it is encoded.
   * @throws GenerationError TOO_MANY_RESPONSE_BYTES
   */
  holdResponse(bytes: number): void;
  /** The id goes out with the status, good or bad. */
  nameGeneration(generationId: string): void;
  /** Says that the request was read in, and that nothing holds its bytes any more: they count no longer towards the server's bound. */
  releaseRequest(): void;
  /** Aborts the signal for this reason, which becomes the call's status. Too late changes nothing. */
  abort(reason: GenerationError): void;
  /** Holds the stream's reader to this rule from the next message on. Without effect on a unary call. */
  useReaderRule(rule: ReaderRule): void;
}
