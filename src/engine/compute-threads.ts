import { median } from "./median.js";

/** A batch of tokens that was evaluated: how long it took, and what processor time this process had meanwhile. */
export interface EvaluatedBatch {
  readonly tokens: number;
  readonly ms: number;
  readonly cpuMs: number;
}

export interface ThreadChange {
  /** That compute from now on. */
  readonly threads: number;
  /** That compute where nobody else wants the cores. */
  readonly most: number;
  /** What the process had of the machine before the change, in cores. */
  readonly cores: number;
}

export interface ComputeThreadsOptions {
  /** At least 1: as many as there are cores for this process alone. */
  readonly most: number;
  /** Has the batches that follow computed by so many. Called between two batches. */
  readonly use: (threads: number) => void;
  /** Called once a change has proved itself. */
  readonly onChange: (change: ThreadChange) => void;
}

/** What a number of threads came to. */
interface Period {
  readonly threads: number;
  readonly tokens: number;
  readonly ms: number;
  readonly cores: number;
  /** Of the time that all the threads could have computed, 0 to about 1. */
  readonly share: number;
}

/** Batches of a period. Where most of them are slow, fewer are enough: a caller waits for each of them. */
const BATCHES = 8;
const SLOW_BATCHES = 3;
const SLOW_MS = 40;
/** Threads that compute spin while they wait for one another, so alone on their cores they have nearly all of the time. */
const LEAST_SHARE = 0.7;
const CALM_SHARE = 0.9;
/** Times as long as before that a batch may take at most after a change which is to stay. */
const GAIN = 0.97;
/** Periods before a change is tried again, by twice as many after each try that failed. */
const FIRST_PATIENCE = 8;
const MOST_PATIENCE = 512;
/** A share that is so much lower than at the last try in vain is another matter. */
const MUCH_LOWER = 0.6;

/**
 * How many threads compute. llama.cpp's threads meet after every operation and spin until the last one is there: where another process has one of the
 * cores, they wait for the scheduler's next tick again and again, and two threads are many times slower than one. So where the process gets clearly less
 * than a core for each thread, fewer are tried, and where all have a core to themselves for long, more are. A try stays if batches are faster by it;
 * otherwise the next one comes later. Lives on the inference worker.
 */
export class ComputeThreads {
  readonly #options: ComputeThreadsOptions;
  #threads: number;
  #batches: EvaluatedBatch[] = [];
  /** The period before a change that has yet to prove itself. */
  #before: Period | undefined;
  /** Periods in a row in which all threads had a core. */
  #calmPeriods = 0;
  #patience = FIRST_PATIENCE;
  /** Periods until fewer are tried again, unless the share falls below `worseShare`. */
  #truce = 0;
  #worseShare = 0;

  constructor(options: ComputeThreadsOptions) {
    this.#options = options;
    this.#threads = options.most;
  }

  get threads(): number {
    return this.#threads;
  }

  observe(batch: EvaluatedBatch): void {
    this.#batches.push(batch);
    const period = periodOf(this.#threads, this.#batches);
    if (period === undefined) return;
    this.#batches = [];
    if (this.#before === undefined) this.#consider(period);
    else this.#judge(this.#before, period);
  }

  #consider(period: Period): void {
    const { threads, share, cores } = period;
    const { most } = this.#options;
    this.#calmPeriods = share >= CALM_SHARE ? this.#calmPeriods + 1 : 0;
    this.#truce -= 1;
    if (threads > 1 && share < LEAST_SHARE && (this.#truce <= 0 || share < this.#worseShare)) {
      this.#try(period, Math.max(1, Math.min(threads - 1, Math.floor(cores))));
    } else if (threads < most && this.#calmPeriods >= this.#patience) {
      this.#try(period, Math.min(most, 2 * threads));
    }
  }

  #try(before: Period, threads: number): void {
    this.#before = before;
    this.#use(threads);
  }

  #judge(before: Period, after: Period): void {
    this.#before = undefined;
    this.#calmPeriods = 0;
    const isMore = after.threads > before.threads;
    // Batches of different sizes say nothing about each other's times.
    const isBetter =
      before.tokens === after.tokens
        ? after.ms < GAIN * before.ms
        : isMore
          ? after.share >= LEAST_SHARE
          : after.share > before.share;
    if (isBetter) {
      this.#patience = isMore && after.share >= CALM_SHARE ? FIRST_PATIENCE : this.#patience;
      this.#options.onChange({ threads: after.threads, most: this.#options.most, cores: before.cores });
      return;
    }
    this.#patience = Math.min(MOST_PATIENCE, 2 * this.#patience);
    if (!isMore) {
      this.#truce = this.#patience;
      this.#worseShare = MUCH_LOWER * before.share;
    }
    this.#use(before.threads);
  }

  #use(threads: number): void {
    this.#threads = threads;
    this.#options.use(threads);
  }
}

/** undefined while there are too few. */
function periodOf(threads: number, batches: readonly EvaluatedBatch[]): Period | undefined {
  const middle = (of: (batch: EvaluatedBatch) => number): number => median(batches.map(of)) ?? 0;
  const ms = middle((batch) => batch.ms);
  if (batches.length < BATCHES && (batches.length < SLOW_BATCHES || ms < SLOW_MS)) return undefined;
  const cores = middle((batch) => batch.cpuMs / Math.max(batch.ms, 1e-3));
  return { threads, tokens: middle(({ tokens }) => tokens), ms, cores, share: cores / threads };
}
