import type { EnginePace } from "./engine-pace.js";

/** What is left of one run, with every unknown decided. Times are from now on. */
export interface Load {
  /** Time that reading its input in takes, beside the decoding of others. */
  readonly prefillMsLeft: number;
  readonly outputTokens: number;
  /** Whatever is left then, it is over; Infinity: no such moment. */
  readonly leavesAtMs: number;
  /** The longest that it holds its slot. */
  readonly timeLimitMs: number;
}

export interface Future {
  readonly slots: number;
  /** Those that hold a slot. */
  readonly held: readonly Load[];
  /** Those in line, in the order in which they are served. */
  readonly line: readonly Load[];
  /** No decode step is quicker than one of so many runs: as many will come as go. */
  readonly leastWidth: number;
  readonly pace: Pick<EnginePace, "decodeStepMs" | "prefillStepMs">;
}

/** When a run in line gets its slot and when it gives it back. */
export interface Stay {
  readonly startMs: number;
  readonly endMs: number;
}

/** Some time, where the pace says none: work that takes none would still be work. */
const LEAST_MS = 1e-6;

interface Running {
  prefillMsLeft: number;
  outputTokens: number;
  readonly leavesAtMs: number;
  /** Its place in line; undefined for those that held a slot before. */
  readonly place: number | undefined;
}

/**
 * Plays one future out, from event to event and not step by step: all that decode get a token a step, inputs are read in beside them and lengthen
 * the steps, and whoever ends makes room for the next in line. Nobody else comes. Takes time in proportion to (held + line) × slots.
 */
export function playOut({ slots, held, line, leastWidth, pace }: Future): Stay[] {
  const startMs: number[] = [];
  const endMs: number[] = [];
  let nowMs = 0;
  let left = line.length;
  const running: Running[] = held.map((load) => ({
    ...load,
    leavesAtMs: Math.max(0, Math.min(load.leavesAtMs, load.timeLimitMs)),
    place: undefined,
  }));
  const end = (run: Running): void => {
    if (run.place === undefined) return;
    endMs[run.place] = nowMs;
    left -= 1;
  };
  for (;;) {
    while (running.length < slots && startMs.length < line.length) {
      const place = startMs.push(nowMs) - 1;
      const load = line[place];
      if (load === undefined) break;
      const leavesAtMs = Math.min(load.leavesAtMs, nowMs + load.timeLimitMs);
      const run = { prefillMsLeft: load.prefillMsLeft, outputTokens: load.outputTokens, leavesAtMs, place };
      if (leavesAtMs > nowMs) running.push(run);
      else end(run);
    }
    if (left === 0) return startMs.map((start, place) => ({ startMs: start, endMs: endMs[place] ?? start }));
    nowMs += passTime(running, { leastWidth, pace, nowMs });
    for (let index = running.length - 1; index >= 0; index--) {
      const run = running[index];
      if (run === undefined || !isOver(run, nowMs)) continue;
      end(run);
      running.splice(index, 1);
    }
  }
}

function isOver({ prefillMsLeft, outputTokens, leavesAtMs }: Running, nowMs: number): boolean {
  return (prefillMsLeft === 0 && outputTokens === 0) || leavesAtMs <= nowMs;
}

/** Moves all on to the next event. @returns how far that was */
function passTime(
  running: readonly Running[],
  { leastWidth, pace, nowMs }: Pick<Future, "leastWidth" | "pace"> & { nowMs: number },
): number {
  let reading = 0;
  for (const run of running) if (run.prefillMsLeft > 0) reading += 1;
  const readMs = reading === 0 ? 0 : Math.max(LEAST_MS, pace.prefillStepMs);
  const decoding = running.length - reading;
  const decodeMs = decoding === 0 ? 0 : pace.decodeStepMs(Math.max(decoding, leastWidth));
  const stepMs = Math.max(LEAST_MS, decodeMs + readMs);
  /** A reader's share of a step. */
  const shareMs = readMs / reading;
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
