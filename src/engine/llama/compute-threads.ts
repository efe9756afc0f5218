/** A batch of tokens that was evaluated, the time it took, and the processor time of this process meanwhile. */
export interface EvaluatedBatch {
  readonly tokens: number;
  readonly ms: number;
  readonly cpuMs: number;
}

export interface ThreadChange {
  /** The threads that compute from now on. */
  readonly threads: number;
  /** The threads that compute if nobody else wants the cores. */
  readonly most: number;
  /** The share of the machine that the process had before the change, in cores. */
  readonly cores: number;
}

export interface ComputeThreadsOptions {
  /** The cores for this process alone; at least 1. */
  readonly most: number;
  /** Sets the threads of the batches that follow. Called between two batches. */
  readonly use: (threads: number) => void;
  /** Called once a change has proved itself. */
  readonly onChange: (change: ThreadChange) => void;
}

/** The averages over some batches that one number of threads computed. */
interface Period {
  readonly threads: number;
  /** The tokens of a batch. */
  readonly tokens: number;
  readonly ms: number;
  readonly cores: number;
  /** The share of the time that all the threads could have computed, 0 to about 1. */
  readonly share: number;
}

/** The batches of a period. Fewer are enough if they are slow, since a caller waits for each of them. */
const BATCHES = 16;
const SLOW_BATCHES = 3;
const SLOW_MS = 500;
/**
 * The shares of a period that count as too low and as calm. Threads that compute spin while they wait for one another, so alone on their cores they
 * have nearly all of the time.
 */
const LEAST_SHARE = 0.7;
const CALM_SHARE = 0.9;
/**
 * The most that a batch may take after a change that stays, as a multiple of the time before. Fewer threads are tried in a bad moment, and so have
 * more to show.
 */
const GAIN_OF_MORE = 0.97;
const GAIN_OF_FEWER = 0.85;
/** The ratio of batch sizes beyond which their times can't be compared. */
const LIKE_SIZES = 1.1;
/** The calm periods before more threads are tried. Their number doubles each time that more threads did not last. */
const FIRST_PATIENCE = 2;
const MOST_PATIENCE = 256;
/** The periods for which more threads have to last, to make up for the moment in which they fail. */
const WORTHWHILE = 32;
/** The factor by which the share falls below that of the last vain try of fewer threads before they are tried again early. */
const MUCH_LOWER = 0.6;

/**
 * Decides how many threads compute. llama.cpp's threads meet after every operation and spin until the last one is there. If another process has one
 * of the cores, they wait for the scheduler's next tick again and again, and two threads are many times slower than one.
 *
 * If the process gets clearly less than a core for each thread, fewer are tried, and if all have a core to themselves for long, more are. A change
 * stays if it makes batches faster; otherwise the next one comes later. Lives on the inference worker.
 */
export class ComputeThreads {
  readonly #options: ComputeThreadsOptions;
  #threads: number;
  #batches: EvaluatedBatch[] = [];
  /** The period before a change that has yet to prove itself. */
  #before: Period | undefined;
  /** The periods in a row in which all threads had a core. */
  #calmPeriods = 0;
  /** The periods since more threads proved themselves. */
  #periodsOfMore = Infinity;
  #patience = FIRST_PATIENCE;
  /** The periods until fewer threads are tried again, unless the share falls below `worseShare`. */
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
    this.#periodsOfMore += 1;
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
    if (after.threads > before.threads) this.#judgeMore(before, after);
    else this.#judgeFewer(before, after);
  }

  #judgeMore(before: Period, after: Period): void {
    const isKept = isLike(before, after) ? after.ms < GAIN_OF_MORE * before.ms : after.share >= LEAST_SHARE;
    if (isKept) {
      this.#periodsOfMore = 0;
      this.#keep(before, after);
    } else {
      this.#loseHope();
      this.#use(before.threads);
    }
  }

  #judgeFewer(before: Period, after: Period): void {
    const isKept = isLike(before, after) ? after.ms < GAIN_OF_FEWER * before.ms : after.share > before.share;
    if (isKept) {
      if (this.#periodsOfMore < WORTHWHILE) this.#loseHope();
      else this.#patience = FIRST_PATIENCE;
      this.#keep(before, after);
    } else {
      this.#loseHope();
      this.#truce = this.#patience;
      this.#worseShare = MUCH_LOWER * before.share;
      this.#use(before.threads);
    }
  }

  #keep(before: Period, after: Period): void {
    this.#options.onChange({ threads: after.threads, most: this.#options.most, cores: before.cores });
  }

  #loseHope(): void {
    this.#patience = Math.min(MOST_PATIENCE, 2 * this.#patience);
  }

  #use(threads: number): void {
    this.#threads = threads;
    this.#options.use(threads);
  }
}

/** @returns undefined if there are too few batches */
function periodOf(threads: number, batches: readonly EvaluatedBatch[]): Period | undefined {
  const meanOf = (of: (batch: EvaluatedBatch) => number): number =>
    batches.reduce((sum, batch) => sum + of(batch), 0) / batches.length;
  const ms = meanOf((batch) => batch.ms);
  const isSlow = batches.length >= SLOW_BATCHES && ms * batches.length >= SLOW_MS;
  if (batches.length < BATCHES && !isSlow) return undefined;
  // The share counts all of the time and not most of the batches, since a single wait for a core is as long as many batches.
  const cores = meanOf((batch) => batch.cpuMs) / ms;
  return { threads, tokens: meanOf((batch) => batch.tokens), ms, cores, share: cores / threads };
}

function isLike(one: Period, other: Period): boolean {
  return Math.max(one.tokens, other.tokens) <= LIKE_SIZES * Math.min(one.tokens, other.tokens);
}
