import type { Caller, CallOrigin } from "../../core/calls.js";
import type { GenerationError } from "../../core/generation-error.js";
import type { ReaderRule } from "./reader-rule.js";

/** A call as its service sees it. */
export interface CallContext {
  readonly caller: Caller;
  /** The signal that is aborted with a GenerationError when the call must end. Everything that the service waits for listens to it. */
  readonly signal: AbortSignal;
  /** The time of the call's deadline by the host's clock, or undefined if it has none. */
  readonly deadlineMs: number | undefined;
  /** The origin of the call, for the log. */
  readonly origin: CallOrigin;
  /** Records the request id in the request, valid or not, for the log. */
  nameRequest(requestId: string | undefined): void;
  /** Records that the generation was accepted. A refusal is then impossible, and the generation's own log line reports its end. */
  accepted(): void;
  /**
   * Counts a unary response of up to this many bytes before it is created. Its actual size replaces them once it is encoded.
   * @throws GenerationError TOO_MANY_RESPONSE_BYTES
   */
  holdResponse(bytes: number): void;
  /** Sets the generation id, which goes out with every status. */
  nameGeneration(generationId: string): void;
  /** Records that the request is decoded and nothing holds its bytes, so they no longer count toward the server's limit. */
  releaseRequest(): void;
  /** Aborts the signal with an error, which becomes the status of the call. It has no effect after the end of the call. */
  abort(reason: GenerationError): void;
  /** Sets the rule for the reader of the stream from the next message on. It has no effect on a unary call. */
  useReaderRule(rule: ReaderRule): void;
}
