import type { EnginePace } from "./engine-pace.js";

/** A tenant's bound on its runs that hold a slot, at least 1. The runs of one tenant share the object. */
export interface RunningBound {
  readonly mostRunning: number;
}

/** The rest of one run in a simulation, with every unknown decided. Times count from now. */
export interface SimulatedRun {
  /** The time that prefilling the input takes, beside the decoding of other runs. */
  readonly prefillMsLeft: number;
  readonly outputTokens: number;
  /** The moment at which the run ends whatever is left of it; Infinity if there is none. */
  readonly leavesAtMs: number;
  /** The longest that the run holds its slot. */
  readonly timeLimitMs: number;
  /** The bound of the run's tenant; undefined if it has none. */
  readonly bound: RunningBound | undefined;
}

/** The state from which a simulation starts. */
export interface SimulationStart {
  readonly slots: number;
  /** The runs that hold a slot. */
  readonly held: readonly SimulatedRun[];
  /** The runs that wait, in the order in which they get slots. A run whose tenant has as many slots as it may is passed by those behind it. */
  readonly queue: readonly SimulatedRun[];
  /** The least width whose decode step is assumed, since new runs replace those that end. */
  readonly leastWidth: number;
  readonly pace: Pick<EnginePace, "decodeStepMs" | "prefillStepMs">;
}

/** When a run from the queue gets its slot and when it gives the slot back. */
export interface SlotTimes {
  readonly startMs: number;
  readonly endMs: number;
}

/** The least time that any work takes, also where the pace says that it takes none. */
const LEAST_MS = 1e-6;

interface Running {
  prefillMsLeft: number;
  outputTokens: number;
  readonly leavesAtMs: number;
  /** The run's index in the queue; undefined for a run that held a slot from the start. */
  readonly queueIndex: number | undefined;
  readonly bound: RunningBound | undefined;
}

interface BoundedTenant {
  running: number;
  /** The indexes of its runs in the queue that were passed. */
  readonly passed: number[];
}

/** The order in which the runs of a queue start. */
class StartOrder {
  readonly #queue: readonly SimulatedRun[];
  readonly #tenants = new Map<RunningBound, BoundedTenant>();
  #nextIndex = 0;

  constructor(queue: readonly SimulatedRun[]) {
    this.#queue = queue;
  }

  started({ bound }: Pick<Running, "bound">): void {
    if (bound !== undefined) this.#tenantOf(bound).running += 1;
  }

  ended({ bound }: Pick<Running, "bound">): void {
    if (bound !== undefined) this.#tenantOf(bound).running -= 1;
  }

  /** Takes the first run that may start out of the queue and returns its index; undefined if none may. */
  take(): number | undefined {
    const passed = this.#takePassed();
    if (passed !== undefined) return passed;
    while (this.#nextIndex < this.#queue.length) {
      const index = this.#nextIndex++;
      const bound = this.#queue[index]?.bound;
      if (bound === undefined) return index;
      const tenant = this.#tenantOf(bound);
      if (tenant.running < bound.mostRunning) return index;
      tenant.passed.push(index);
    }
    return undefined;
  }

  /** Takes the first of the runs that were passed whose tenant may have one more by now. They stand before all that were not looked at yet. */
  #takePassed(): number | undefined {
    let first: BoundedTenant | undefined;
    for (const [{ mostRunning }, tenant] of this.#tenants) {
      if (tenant.running >= mostRunning || tenant.passed[0] === undefined) continue;
      if (tenant.passed[0] < (first?.passed[0] ?? Infinity)) first = tenant;
    }
    return first?.passed.shift();
  }

  #tenantOf(bound: RunningBound): BoundedTenant {
    const known = this.#tenants.get(bound);
    if (known !== undefined) return known;
    const tenant = { running: 0, passed: [] };
    this.#tenants.set(bound, tenant);
    return tenant;
  }
}

/**
 * Simulates how the runs get and return their slots, and returns the times of each queued run. The simulation moves from event to event, not from step
 * to step: every decoding run gets one token a step, prefills lengthen the steps, and a run that ends makes room for the next in the queue. No further
 * run arrives. The cost is proportional to (held + queue) × slots.
 */
export function simulate({ slots, held, queue, leastWidth, pace }: SimulationStart): SlotTimes[] {
  const startMs = queue.map(() => 0);
  const endMs = queue.map(() => 0);
  const order = new StartOrder(queue);
  let nowMs = 0;
  let left = queue.length;
  const running: Running[] = held.map((run) => ({
    ...run,
    leavesAtMs: Math.max(0, Math.min(run.leavesAtMs, run.timeLimitMs)),
    queueIndex: undefined,
  }));
  for (const run of running) order.started(run);
  const end = (run: Running): void => {
    if (run.queueIndex === undefined) return;
    endMs[run.queueIndex] = nowMs;
    left -= 1;
  };
  for (;;) {
    while (running.length < slots) {
      const queueIndex = order.take();
      const next = queueIndex === undefined ? undefined : queue[queueIndex];
      if (queueIndex === undefined || next === undefined) break;
      startMs[queueIndex] = nowMs;
      const leavesAtMs = Math.min(next.leavesAtMs, nowMs + next.timeLimitMs);
      const { prefillMsLeft, outputTokens, bound } = next;
      const run = { prefillMsLeft, outputTokens, leavesAtMs, queueIndex, bound };
      if (leavesAtMs > nowMs) {
        running.push(run);
        order.started(run);
      } else {
        end(run);
      }
    }
    if (left === 0) return startMs.map((start, index) => ({ startMs: start, endMs: endMs[index] ?? start }));
    nowMs += advance(running, { leastWidth, pace, nowMs });
    for (let index = running.length - 1; index >= 0; index--) {
      const run = running[index];
      if (run === undefined || !isOver(run, nowMs)) continue;
      end(run);
      order.ended(run);
      running.splice(index, 1);
    }
  }
}

function isOver({ prefillMsLeft, outputTokens, leavesAtMs }: Running, nowMs: number): boolean {
  return (prefillMsLeft === 0 && outputTokens === 0) || leavesAtMs <= nowMs;
}

/** Advances all runs to the next event and returns the time until then. */
function advance(
  running: readonly Running[],
  { leastWidth, pace, nowMs }: Pick<SimulationStart, "leastWidth" | "pace"> & { nowMs: number },
): number {
  let prefilling = 0;
  for (const run of running) if (run.prefillMsLeft > 0) prefilling += 1;
  const prefillMs = prefilling === 0 ? 0 : Math.max(LEAST_MS, pace.prefillStepMs);
  const decoding = running.length - prefilling;
  const decodeMs = decoding === 0 ? 0 : pace.decodeStepMs(Math.max(decoding, leastWidth));
  const stepMs = Math.max(LEAST_MS, decodeMs + prefillMs);
  /** The time of each step that goes to one prefilling run. */
  const shareMs = prefillMs / prefilling;
  const timeOf = (run: Running): number =>
    run.prefillMsLeft > 0 ? (run.prefillMsLeft / shareMs) * stepMs : run.outputTokens * stepMs;
  let passedMs = Infinity;
  for (const run of running) passedMs = Math.min(passedMs, timeOf(run), run.leavesAtMs - nowMs);
  for (const run of running) {
    const isDone = timeOf(run) <= passedMs;
    if (run.prefillMsLeft > 0) run.prefillMsLeft = isDone ? 0 : run.prefillMsLeft - (passedMs / stepMs) * shareMs;
    else run.outputTokens = isDone ? 0 : run.outputTokens - passedMs / stepMs;
  }
  return passedMs;
}

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
