import type { AuditTrail } from "../../core/audit.js";
import type { CallCredentials, Caller, CallOrigin } from "../../core/calls.js";
import type { GenerationError } from "../../core/generation-error.js";
import type { Limits } from "../../core/limits.js";
import type { Clock } from "../../sync/clock.js";
import type { WorkPace } from "../../sync/work-pace.js";
import type { Logger } from "../../telemetry/logger.js";
import type { FailedChecks } from "../connection/failed-checks.js";
import type { CallLimit, RequestBytes, ResponseBudget } from "./call-limits.js";
import type { OpenCalls } from "./call-scope.js";
import type { RefusalLog } from "./refusal-log.js";
import type { ReaderRule } from "./stream-writer.js";

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

/** The state that all calls of a server share. */
export interface CallHost {
  /** Decides who calls. It does not wait for anything, because it runs for every call. */
  readonly identify: (credentials: CallCredentials) => Caller;
  readonly limits: Limits;
  readonly clock: Clock;
  /** A clock that does not count time in which the process was stopped. The limits on slow callers use it. */
  readonly runningClock: Clock;
  readonly log: Logger;
  /** The record of what callers do to other tenants, and of callers who are refused. */
  readonly audit: AuditTrail;
  /** The delay of callers whose credentials are refused again and again. */
  readonly failedChecks: Pick<FailedChecks, "note">;
  readonly openCalls: OpenCalls;
  readonly refusals: RefusalLog;
  readonly callLimit: CallLimit;
  readonly requestBytes: RequestBytes;
  /** The budget for the bytes of all unary responses. */
  readonly responses: ResponseBudget;
  /** The pace at which large responses are created piece by piece. */
  readonly pace: WorkPace;
}
