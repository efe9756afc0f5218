import type { Lane } from "../../src/core/generation-request.js";
import { Random } from "../support/random.js";

/** One call of the load, as its caller makes it. Times in ms, from the start of the load. */
export interface ScriptedCall {
  readonly atMs: number;
  readonly lane: Lane;
  readonly inputTokens: Uint32Array;
  readonly maxOutputTokens: number;
  /** What the model would make of it if nothing cut it off. */
  readonly naturalTokens: number;
  /** True: nothing ends the output before its maximum, and the server knows. */
  readonly exact: boolean;
  /** After its arrival; undefined: none. */
  readonly deadlineMs: number | undefined;
}

/** The engine's pace, on which the load and its deadlines are measured. */
export const DECODE_MS = (width: number): number => (width === 0 ? 0 : 20 + 4 * width);
export const PREFILL_TOKEN_MS = 0.8;

const CALLS_PER_SECOND = 1;
const MOST_IN_BURST = 16;

/** A mixed load: bursts of calls in both lanes, inputs and maxima of all sizes, outputs that end early or not, deadlines from hopeless to generous. */
export function mixedLoad(seed: number, count: number): ScriptedCall[] {
  const random = new Random(seed);
  const calls: ScriptedCall[] = [];
  let atMs = 0;
  while (calls.length < count) {
    const size = Math.min(count - calls.length, 1 + Math.floor(MOST_IN_BURST * random.next() ** 3));
    for (let call = 0; call < size; call++) calls.push(callAt(atMs + random.below(200), random));
    // Exponential gaps, so that the mean rate holds whatever the sizes.
    atMs += -Math.log(1 - random.next()) * (size / CALLS_PER_SECOND) * 1_000;
  }
  return calls.toSorted((a, b) => a.atMs - b.atMs);
}

function callAt(atMs: number, random: Random): ScriptedCall {
  const inputTokens = Uint32Array.from({ length: Math.round(logUniform(8, 1_500, random)) }, () =>
    Math.floor(97 + random.below(26)),
  );
  const maxOutputTokens = Math.round(logUniform(8, 500, random));
  const exact = random.next() < 0.4;
  const naturalTokens = exact ? Infinity : Math.round(logUniform(10, 600, random));
  const lane = random.next() < 0.6 ? "interactive" : "batch";
  // What its caller may think it takes, times a hundredth to a hundred.
  const soloMs = inputTokens.length * PREFILL_TOKEN_MS + maxOutputTokens * DECODE_MS(4);
  const deadlineMs = random.next() < 0.1 ? undefined : soloMs * logUniform(0.01, 100, random);
  return { atMs, lane, inputTokens, maxOutputTokens, naturalTokens, exact, deadlineMs };
}

function logUniform(least: number, most: number, random: Random): number {
  return least * (most / least) ** random.next();
}
