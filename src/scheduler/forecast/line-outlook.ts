import { type Lane, LANES } from "../../core/generation-request.js";
import type { Clock } from "../../sync/clock.js";
import type { RunForecast, WaitRange } from "./run-forecast.js";
import type { RunWork } from "./run-work.js";
import type { WaitEstimator } from "./wait-estimator.js";

/** Shorter lines are looked at for each that comes. */
const LONG_LINE = 64;
/** A look at a long line is good for so long, and for so many times as long as it took: however long the line, looks take a small part of the time. */
const LEAST_GOOD_MS = 200;
const GOOD_FOR_COSTS = 20;
/** By so much of its length the line may change meanwhile. */
const MOST_CHANGE = 1 / 16;

export interface LineOutlookOptions {
  /** Of a waiting room, what is looked at. */
  readonly room: {
    waiting(lane: Lane): number;
    readonly returning: number;
    order(newcomer: Lane): readonly ({ readonly work: RunWork } | undefined)[];
  };
  readonly estimator: WaitEstimator;
  readonly clock: Clock;
}

/** What one that came then was told to expect. */
interface Look {
  readonly wait: WaitRange;
  readonly place: number;
  readonly atMs: number;
  readonly goodUntilMs: number;
}

/**
 * What is expected of one that joins a lane's line now. To look at a line takes time in proportion to it, so that ten thousand who join would take a
 * time in proportion to their square: of a long line a look is kept for a moment, and the wait of those who come meanwhile follows from their place.
 */
export class LineOutlook {
  readonly #options: LineOutlookOptions;
  readonly #looks = new Map<Lane, Look>();

  constructor(options: LineOutlookOptions) {
    this.#options = options;
  }

  /** Without `work` only its wait counts. */
  forecast(lane: Lane, work?: RunWork): RunForecast {
    const { room, estimator, clock } = this.#options;
    const waiting = LANES.reduce((sum, each) => sum + room.waiting(each), room.returning);
    if (waiting < LONG_LINE) return this.#look(lane, work);
    const place = room.waiting(lane) + 1;
    const look = this.#goodLook(lane, place);
    const passedMs = clock.nowMs() - look.atMs;
    const atPlace = (ms: number): number => Math.max(0, (ms * place) / look.place - passedMs);
    const wait = { lowMs: atPlace(look.wait.lowMs), highMs: atPlace(look.wait.highMs) };
    // Nobody asks for the end of a run without a deadline.
    const runMs = work === undefined || work.deadlineMs === Infinity ? 0 : estimator.runLowMs(work);
    return { wait, endLowMs: wait.lowMs + runMs };
  }

  #goodLook(lane: Lane, place: number): Look {
    const { clock } = this.#options;
    const known = this.#looks.get(lane);
    const atMs = clock.nowMs();
    if (known !== undefined && atMs < known.goodUntilMs && Math.abs(place - known.place) <= known.place * MOST_CHANGE) {
      return known;
    }
    const { wait } = this.#look(lane);
    const costMs = clock.nowMs() - atMs;
    const look = { wait, place, atMs, goodUntilMs: atMs + Math.max(LEAST_GOOD_MS, costMs * GOOD_FOR_COSTS) };
    this.#looks.set(lane, look);
    return look;
  }

  #look(lane: Lane, work?: RunWork): RunForecast {
    const { room, estimator } = this.#options;
    return estimator.forecastNewcomer(
      room.order(lane).map((waiter) => waiter?.work),
      work,
    );
  }
}
