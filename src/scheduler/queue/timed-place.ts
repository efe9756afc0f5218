import type { Clock } from "../../sync/clock.js";

export interface PlaceLimit {
  /** From now on; undefined: none. */
  readonly maxWaitMs: number | undefined;
  readonly clock: Clock;
  /** Called once if the place is still held then. */
  readonly onPassed: () => void;
}

/** A place in line that is held no longer than its caller wants. Disposing it leaves the line. */
export function timedPlace(place: Disposable, { maxWaitMs, clock, onPassed }: PlaceLimit): Disposable {
  if (maxWaitMs === undefined) return place;
  const timer = clock.startTimer(maxWaitMs, onPassed);
  return {
    [Symbol.dispose]: () => {
      timer[Symbol.dispose]();
      place[Symbol.dispose]();
    },
  };
}
