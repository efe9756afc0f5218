/** Runs whose numbers are this far apart get equal shares. */
const PERIOD = 128;
/** With more runs than this, few samples are enough: chance evens out over a long queue, and each sample of it costs more time. */
const MANY_RUNS = 128;

/**
 * Latin hypercube sampling: decides, for several simulations of the same runs, how much each run needs. The range from 0 to 1 is cut into one share
 * for each sample, and every run gets every share once, so that few samples show the whole spread. The shares never change.
 */
class LatinHypercube {
  readonly samples: number;
  readonly #orders: readonly (readonly number[])[];

  constructor(samples: number) {
    this.samples = samples;
    this.#orders = Array.from({ length: PERIOD }, (_, seed) => shuffled(samples, seed + 1));
  }

  /** The share of runs that need less than this run does in this sample, above 0 and below 1. */
  share(sample: number, run: number): number {
    return ((this.#orders[run % PERIOD]?.[sample] ?? 0) + 0.5) / this.samples;
  }
}

const COARSE = new LatinHypercube(4);
const FINE = new LatinHypercube(16);

/** The samples with which this number of runs is simulated. */
export function samplesFor(runs: number): LatinHypercube {
  return runs > MANY_RUNS ? COARSE : FINE;
}

/** Returns 0 to count - 1 in an order that looks random and is the same for the same seed (xorshift). */
function shuffled(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  let state = Math.imul(seed, 0x9e3779b1);
  for (let last = count - 1; last > 0; last--) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const other = (state >>> 0) % (last + 1);
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
