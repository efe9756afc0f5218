import { type WaitEstimates, WAIT_ERROR_BOUNDS_MS } from "../../core/load-snapshot.js";
import type { WaitRange } from "./run-forecast.js";

/** Holds the waits that came to a slot against what they were told on joining the line. Only ever grows. */
export class WaitAccuracy {
  readonly #verdicts = { shorter: 0, within: 0, longer: 0 };
  readonly #errors: number[] = WAIT_ERROR_BOUNDS_MS.map(() => 0);
  #sumMs = 0;

  /** An estimate of 0 to 0 stands for none. */
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
