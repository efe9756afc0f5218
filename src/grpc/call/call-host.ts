import type { Limits } from "../../core/limits.js";
import type { Clock } from "../../sync/clock.js";
import type { Logger } from "../../telemetry/logger.js";
import type { CallLimit } from "./call-limit.js";
import type { RequestBytes } from "./request-bytes.js";
import type { WorkPace } from "../../sync/work-pace.js";
import type { OpenCalls } from "./open-calls.js";
import type { RefusalLog } from "./refusal-log.js";
import type { ResponseBudget } from "./response-budget.js";

/** What every call of a server shares. */
export interface CallHost {
  readonly limits: Limits;
  readonly clock: Clock;
  /** Counts no time in which the process was stopped: by it go the limits that end a call for its caller's slowness. */
  readonly runningClock: Clock;
  readonly log: Logger;
  readonly openCalls: OpenCalls;
  readonly refusals: RefusalLog;
  readonly callLimit: CallLimit;
  readonly requestBytes: RequestBytes;
  /** Of all unary responses. */
  readonly responses: ResponseBudget;
  /** Large responses are made by pieces at this pace. */
  readonly pace: WorkPace;
}
