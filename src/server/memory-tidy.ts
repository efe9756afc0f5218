import type { Clock } from "../sync/clock.js";

const LOOK_INTERVAL_MS = 5_000;
const MIB = 1024 * 1024;
/** Growth that is worth a collection while nothing runs that it could hold up. */
const IDLE_GROWTH_BYTES = 24 * MIB;
/** Growth that is worth one in any case. */
const BUSY_GROWTH_BYTES = 40 * MIB;
/** A process that grew by more than this since the last look is still growing. */
const STILL_GROWING_BYTES = 4 * MIB;

export interface MemoryTidyOptions {
  readonly clock: Clock;
  /** Resident memory of the process. */
  readonly residentBytes: () => number;
  /** Whether a pause of some 20 to 50 ms would hold anything up. */
  readonly isBusy: () => boolean;
  /** Collects this thread's garbage and gives back what is left empty. */
  readonly collect: () => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Gives memory back once a surge of requests is over. V8's own memory reducer would do so, and is off because it also runs in the middle of calls
 * (launcher.cts); without either, what a surge took stays until something else is allocated. Main thread; started by main.ts.
 */
export class MemoryTidy implements Disposable {
  readonly #options: MemoryTidyOptions;
  /** After the last collection, or at the least since. */
  #settledBytes: number;
  #seenBytes: number;
  #timer: Disposable | undefined;
  #disposed = false;

  private constructor(options: MemoryTidyOptions) {
    this.#options = options;
    this.#settledBytes = options.residentBytes();
    this.#seenBytes = this.#settledBytes;
  }

  static start(options: MemoryTidyOptions): MemoryTidy {
    const tidy = new MemoryTidy(options);
    tidy.#rearm();
    return tidy;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #rearm(): void {
    if (this.#disposed) return;
    this.#timer = this.#options.clock.startTimer(LOOK_INTERVAL_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { residentBytes, isBusy, collect, onFailure } = this.#options;
    const bytes = residentBytes();
    const isGrowing = bytes > this.#seenBytes + STILL_GROWING_BYTES;
    const growthBytes = bytes - this.#settledBytes;
    this.#seenBytes = bytes;
    this.#settledBytes = Math.min(this.#settledBytes, bytes);
    const isDue = growthBytes > (isBusy() ? BUSY_GROWTH_BYTES : IDLE_GROWTH_BYTES);
    if (isDue && !isGrowing) {
      try {
        await collect();
      } catch (error) {
        onFailure(error);
      }
      // What could not be given back is in use, or will be used again: it is no reason to collect once more.
      this.#settledBytes = residentBytes();
      this.#seenBytes = this.#settledBytes;
    }
    this.#rearm();
  }
}
