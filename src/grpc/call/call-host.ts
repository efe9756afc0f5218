import type { Metadata } from "@grpc/grpc-js";
import type { Caller } from "../../core/calls.js";
import type { Limits } from "../../core/limits.js";
import type { Clock } from "../../sync/clock.js";
import type { Logger } from "../../telemetry/logger.js";
import type { CallLimit } from "./call-limit.js";
import type { RequestBytes } from "./request-bytes.js";
import type { WorkPace } from "../../sync/work-pace.js";
import type { OpenCalls } from "./open-calls.js";
import type { RefusalLog } from "./refusal-log.js";
import type { ResponseBudget } from "./response-budget.js";

/** The state that all calls of a server share. */
export interface CallHost {
  /** Decides who calls, by the call's metadata. */
  readonly identify: (metadata: Metadata) => Caller;
  readonly limits: Limits;
  readonly clock: Clock;
  /** A clock that does not count time in which the process was stopped. The limits on slow callers use it. */
  readonly runningClock: Clock;
  readonly log: Logger;
  readonly openCalls: OpenCalls;
  readonly refusals: RefusalLog;
  readonly callLimit: CallLimit;
  readonly requestBytes: RequestBytes;
  /** The budget for the bytes of all unary responses. */
  readonly responses: ResponseBudget;
  /** The pace at which large responses are created piece by piece. */
  readonly pace: WorkPace;
}
