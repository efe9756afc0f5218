import type { BenchResult } from "./bench-call.js";

/** One round of concurrent calls, from the start of the first to the end of the last. */
export interface Round {
  readonly wallMs: number;
  readonly results: readonly BenchResult[];
}

/**
 * The results for one number of streams over all rounds, as `--json` prints them. Times are in milliseconds; null means that nothing was measured.
 */
export interface BenchFigures {
  readonly streams: number;
  readonly calls: number;
  readonly outputTokens: number;
  readonly reusedInputTokens: number;
  /** The tokens per second of all streams together, without those of failed calls. */
  readonly tokensPerSecond: number;
  readonly firstTokenMs: Spread | null;
  /** The time between consecutive chunks of a stream. */
  readonly gapMs: Spread | null;
  /** The failed calls, by reason. */
  readonly errors: Readonly<Record<string, number>>;
}

interface Spread {
  readonly p50: number;
  readonly p99: number;
}

export function toFigures(streams: number, rounds: readonly Round[]): BenchFigures {
  const results = rounds.flatMap((round) => round.results);
  const done = results.filter((result) => result.type === "done");
  const errors: Record<string, number> = {};
  for (const result of results) {
    if (result.type === "failed") errors[result.reason] = (errors[result.reason] ?? 0) + 1;
  }
  const wallMs = sum(rounds.map((round) => round.wallMs));
  const outputTokens = sum(done.map((call) => call.outputTokens));
  return {
    streams,
    calls: results.length,
    outputTokens,
    reusedInputTokens: sum(done.map((call) => call.reusedInputTokens)),
    tokensPerSecond: wallMs > 0 ? (outputTokens * 1_000) / wallMs : 0,
    firstTokenMs: spreadOf(done.flatMap((call) => call.firstTokenMs ?? [])),
    gapMs: spreadOf(done.flatMap((call) => call.gapsMs)),
    errors,
  };
}

/** Computes percentiles: each is the smallest value that this share of the values does not exceed. */
function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number | undefined => sorted[Math.ceil(share * sorted.length) - 1];
  const [p50, p99] = [at(0.5), at(0.99)];
  return p50 === undefined || p99 === undefined ? null : { p50, p99 };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

const HEADINGS = ["streams", "tok/s", "TTFT p50", "TTFT p99", "ITL p50", "ITL p99"];
const COLUMN = 11;

/** Formats the heading of the table. */
export function tableHead(): string {
  return line([...HEADINGS, "  errors"]);
}

/** Formats the results for one number of streams as a line of the table. */
export function tableLine({ streams, tokensPerSecond, firstTokenMs, gapMs, errors }: BenchFigures): string {
  const reasons = Object.entries(errors).map(([reason, count]) => `${reason} ×${count}`);
  return line([
    String(streams),
    rounded(tokensPerSecond),
    ...spread(firstTokenMs),
    ...spread(gapMs),
    `  ${reasons.length === 0 ? "none" : reasons.join(", ")}`,
  ]);
}

function line(cells: readonly string[]): string {
  return cells.map((cell, column) => (column < HEADINGS.length ? cell.padStart(COLUMN) : cell)).join("");
}

function spread(times: Spread | null): [string, string] {
  return times === null ? ["-", "-"] : [`${rounded(times.p50)} ms`, `${rounded(times.p99)} ms`];
}

/** Rounds to three significant digits, or to a whole number if it has more. */
function rounded(value: number): string {
  return value.toFixed(value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0);
}
