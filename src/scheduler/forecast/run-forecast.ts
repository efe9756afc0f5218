/** An expected wait: likely between the two. */
export interface WaitRange {
  readonly lowMs: number;
  readonly highMs: number;
}

/** What is expected of a run that has not begun, from now on. */
export interface RunForecast {
  /** Until it gets a slot. */
  readonly wait: WaitRange;
  /** The lower estimate of its end, its own deadline aside. */
  readonly endLowMs: number;
}
