import type { CallOutcome } from "./bench-call.js";

/** One round: so many calls at one time, from the first one's opening to the last one's end. */
export interface Round {
  readonly wallMs: number;
  readonly outcomes: readonly CallOutcome[];
}

/** What one number of streams came to, all its rounds together. It is what `--json` prints. Times in ms; null: there was nothing to measure. */
export interface BenchFigures {
  readonly streams: number;
  readonly calls: number;
  readonly outputTokens: number;
  readonly reusedInputTokens: number;
  /** Of all streams together, those of failed calls left out. */
  readonly tokensPerSecond: number;
  readonly firstTokenMs: Spread | null;
  /** Between two chunks of one stream. */
  readonly gapMs: Spread | null;
  /** Calls that failed, by reason. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

export function toFigures(streams: number, rounds: readonly Round[]): BenchFigures {
  const outcomes = rounds.flatMap((round) => round.outcomes);
  const done = outcomes.filter((outcome) => outcome.type === "done");
  const errors: Record<string, number> = {};
  for (const outcome of outcomes) {
    if (outcome.type === "failed") errors[outcome.reason] = (errors[outcome.reason] ?? 0) + 1;
  }
  const wallMs = sum(rounds.map((round) => round.wallMs));
  const outputTokens = sum(done.map((call) => call.outputTokens));
  return {
    streams,
    calls: outcomes.length,
    outputTokens,
    reusedInputTokens: sum(done.map((call) => call.reusedInputTokens)),
    tokensPerSecond: wallMs > 0 ? (outputTokens * 1_000) / wallMs : 0,
    firstTokenMs: spreadOf(done.flatMap((call) => call.firstTokenMs ?? [])),
    gapMs: spreadOf(done.flatMap((call) => call.gapsMs)),
    errors,
  };
}

/** Each the smallest value that so many of the values do not pass. */
function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number | undefined => sorted[Math.ceil(share * sorted.length) - 1];
  const [p50, p99] = [at(0.5), at(0.99)];
  return p50 === undefined || p99 === undefined ? null : { p50, p99 };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
