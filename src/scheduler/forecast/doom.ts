import { GenerationError } from "../../core/generation-error.js";
import type { PreparedRun } from "./prepared-run.js";
import type { RunForecast } from "./run-forecast.js";

/**
 * The error of a run that cannot come to its own end before its call's deadline, even by the lower estimate of its wait and its work; undefined where it
 * may. What a caller asks for is the whole output: one that wants what is there by a certain time gives a time limit, and the estimate heeds it.
 * The forecast is made only for a call that has a deadline: it takes 50 µs.
 */
export function doomOf(
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
    `the deadline cannot be met: it leaves ${left} ms, and the generation takes at least ${least} ms, ${leastWait} ms of them in line`,
    { facts: { deadline_left_ms: `${left}`, estimated_low_ms: `${least}`, estimated_wait_low_ms: `${leastWait}` } },
  );
}
