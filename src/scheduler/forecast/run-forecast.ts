import { GenerationError } from "../../core/generation-error.js";
import { WAIT_ERROR_BOUNDS_MS, type WaitEstimates } from "../../core/load-snapshot.js";
import type { PreparedRun } from "./run-work.js";

/** An expected wait, which probably lies between its two ends. */
export interface WaitRange {
  readonly lowMs: number;
  readonly highMs: number;
}

/** The forecast for a run that has not begun. Times count from now. */
export interface RunForecast {
  /** The wait for a slot. */
  readonly wait: WaitRange;
  /** The lower estimate of the run's end, which leaves its own deadline out of account. */
  readonly endLowMs: number;
}

/**
 * Returns the error of a run that cannot end by its call's deadline even by the lower estimate, and undefined for a run that can. The estimate is for
 * the complete output. A caller that wants whatever is ready by some time sets `stopping.time_limit` instead, which the estimate
 * heeds. `forecast` is called only for a call that has a deadline, because a forecast takes 50 µs.
 */
export function deadlineErrorOf(
  { deadlineMs }: Pick<PreparedRun, "deadlineMs">,
  forecast: () => RunForecast,
  nowMs: number,
): GenerationError | undefined {
  if (deadlineMs === undefined) return undefined;
  const leftMs = Math.max(0, deadlineMs - nowMs);
  const { wait, endLowMs } = forecast();
  if (endLowMs <= leftMs) return undefined;
  const [left, least, leastWait] = [leftMs, endLowMs, wait.lowMs].map((ms) => String(Math.ceil(ms)));
  return new GenerationError(
    "DEADLINE_EXCEEDED",
    `the deadline cannot be met: it leaves ${left} ms, and the generation takes at least ${least} ms, ${leastWait} ms of them in the queue`,
    { facts: { deadline_left_ms: `${left}`, estimated_low_ms: `${least}`, estimated_wait_low_ms: `${leastWait}` } },
  );
}

/** Compares the waits that ended with a slot with the estimates that their callers were told. Its counts only grow. */
export class WaitAccuracy {
  readonly #verdicts = { shorter: 0, within: 0, longer: 0 };
  readonly #errors: number[] = WAIT_ERROR_BOUNDS_MS.map(() => 0);
  #sumMs = 0;

  /** Ignores an estimate of 0 to 0, which stands for none. */
  observe({ lowMs, highMs }: WaitRange, waitedMs: number): void {
    if (highMs === 0) return;
    this.#verdicts[waitedMs < lowMs ? "shorter" : waitedMs > highMs ? "longer" : "within"] += 1;
    const errorMs = waitedMs - (lowMs + highMs) / 2;
    this.#sumMs += errorMs;
    const bucket = WAIT_ERROR_BOUNDS_MS.findIndex((boundMs) => errorMs <= boundMs);
    this.#errors[bucket] = (this.#errors[bucket] ?? 0) + 1;
  }

  snapshot(): WaitEstimates {
    return { verdicts: { ...this.#verdicts }, errors: [...this.#errors], errorSumMs: this.#sumMs };
  }
}
