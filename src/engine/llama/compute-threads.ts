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

/** What a number of threads came to over some batches, on average. */
interface Period {
  readonly threads: number;
  /** Of a batch. */
  readonly tokens: number;
  readonly ms: number;
  readonly cores: number;
  /** Of the time that all the threads could have computed, 0 to about 1. */
  readonly share: number;
}

/** Batches of a period. Of slow ones fewer are enough: a caller waits for each of them. */
const BATCHES = 16;
const SLOW_BATCHES = 3;
const SLOW_MS = 500;
/** Threads that compute spin while they wait for one another, so alone on their cores they have nearly all of the time. */
const LEAST_SHARE = 0.7;
const CALM_SHARE = 0.9;
/** A change is to stay if a batch takes so many times as long as before, at most; fewer threads were tried in a bad moment, and so have more to show. */
const GAIN_OF_MORE = 0.97;
const GAIN_OF_FEWER = 0.85;
/** Batches whose sizes differ by more say nothing about each other's times. */
const LIKE_SIZES = 1.1;
/** Calm periods before more threads are tried, twice as many after each time at which they were not kept for so long. */
const FIRST_PATIENCE = 2;
const MOST_PATIENCE = 256;
/** Periods for which more threads have to do, to make up for the moment in which they did not. */
const WORTHWHILE = 32;
/** A share that is so much lower than at the last try of fewer threads in vain is another matter. */
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
  /** Since more threads proved themselves. */
  #periodsOfMore = Infinity;
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

/** undefined while there are too few. */
function periodOf(threads: number, batches: readonly EvaluatedBatch[]): Period | undefined {
  const meanOf = (of: (batch: EvaluatedBatch) => number): number =>
    batches.reduce((sum, batch) => sum + of(batch), 0) / batches.length;
  const ms = meanOf((batch) => batch.ms);
  const isSlow = batches.length >= SLOW_BATCHES && ms * batches.length >= SLOW_MS;
  if (batches.length < BATCHES && !isSlow) return undefined;
  // All of the time, not most of the batches: a single wait for a core is as long as many batches.
  const cores = meanOf((batch) => batch.cpuMs) / ms;
  return { threads, tokens: meanOf((batch) => batch.tokens), ms, cores, share: cores / threads };
}

function isLike(one: Period, other: Period): boolean {
  return Math.max(one.tokens, other.tokens) <= LIKE_SIZES * Math.min(one.tokens, other.tokens);
}
