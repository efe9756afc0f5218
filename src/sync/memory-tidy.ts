import type { Clock } from "./clock.js";

const LOOK_INTERVAL_MS = 5_000;
const MIB = 1024 * 1024;
/** The growth that is worth a garbage collection while no generation runs. */
const IDLE_GROWTH_BYTES = 24 * MIB;
/** The growth that is worth a garbage collection in any case. */
const BUSY_GROWTH_BYTES = 40 * MIB;
/** Memory that has grown by more than this since the last look is still growing. */
const STILL_GROWING_BYTES = 4 * MIB;
/** The time from a collection that left much to the next one. It doubles while they give nothing back. */
const FIRST_RETRY_MS = 15_000;
const LAST_RETRY_MS = 600_000;

export interface MemoryTidyOptions {
  readonly clock: Clock;
  /** The resident memory of the process, or the memory of a thread's heap. */
  readonly sizeBytes: () => number;
  /** Whether a pause of 20 to 50 ms would delay any generation. */
  readonly isBusy: () => boolean;
  /** Collects the garbage of this thread and returns free memory to the operating system. */
  readonly collect: () => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Returns memory to the operating system after a surge of requests. The launcher turns V8's own memory reducer off, because it also runs in the middle of
 * calls; without either, the memory of a surge stays with the process. Each thread with a heap of its own runs one: the main thread, and those of the store and of
 * preparation.
 */
export class MemoryTidy implements Disposable {
  readonly #options: MemoryTidyOptions;
  /** The memory after the last collection, or the least memory since then. */
  #settledBytes: number;
  /** The least memory that any look has seen. */
  #leastBytes: number;
  /**
   * The time of the next collection, because calls that have ended since may have held the memory that the last one left. It is Infinity if there is
   * no need.
   */
  #retryAtMs = Infinity;
  #retryMs = FIRST_RETRY_MS;
  #seenBytes: number;
  #timer: Disposable | undefined;
  #disposed = false;

  private constructor(options: MemoryTidyOptions) {
    this.#options = options;
    this.#settledBytes = options.sizeBytes();
    this.#leastBytes = this.#settledBytes;
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
    const { clock, sizeBytes, isBusy, collect, onFailure } = this.#options;
    const bytes = sizeBytes();
    const isGrowing = bytes > this.#seenBytes + STILL_GROWING_BYTES;
    const growthBytes = bytes - this.#settledBytes;
    this.#seenBytes = bytes;
    this.#settledBytes = Math.min(this.#settledBytes, bytes);
    this.#leastBytes = Math.min(this.#leastBytes, bytes);
    const isMore = growthBytes > (isBusy() ? BUSY_GROWTH_BYTES : IDLE_GROWTH_BYTES);
    if ((isMore || clock.nowMs() >= this.#retryAtMs) && !isGrowing) {
      try {
        await collect();
      } catch (error) {
        onFailure(error);
      }
      this.#settle(bytes, sizeBytes());
    }
    this.#rearm();
  }

  /** Records a collection. The memory that it leaves is in use, but perhaps only by calls that are about to end. */
  #settle(beforeBytes: number, afterBytes: number): void {
    this.#settledBytes = afterBytes;
    this.#seenBytes = afterBytes;
    const hasHelped = beforeBytes - afterBytes > STILL_GROWING_BYTES;
    this.#retryMs = hasHelped ? FIRST_RETRY_MS : Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    const isMuch = afterBytes - this.#leastBytes > BUSY_GROWTH_BYTES;
    this.#retryAtMs = isMuch ? this.#options.clock.nowMs() + this.#retryMs : Infinity;
  }
}
