import { flagOf } from "../../settings/setting.js";
import { UsageError } from "../command/usage-error.js";

/** The input of every call. */
export type BenchInput =
  /** One text for all calls. From the second call on, the server may reuse its key-value cache. */
  | { readonly type: "prompt"; readonly text: string }
  /** This many tokens, which begin differently in every call. */
  | { readonly type: "tokens"; readonly count: number };

/** The plan of `rill bench`. */
export interface BenchPlan {
  /** The numbers of concurrent calls, each measured separately, in this order. */
  readonly streams: readonly number[];
  readonly input: BenchInput;
  readonly outputTokens: number;
  /** The number of measured rounds per number of streams. */
  readonly rounds: number;
  /** The number of rounds before those, which are not measured. */
  readonly warmUpRounds: number;
}

/** The flags as typed. */
export interface BenchFlags {
  readonly streams?: string;
  readonly prompt?: string;
  readonly promptTokens?: string;
  readonly outputTokens?: string;
  readonly rounds?: string;
  readonly warmUp?: string;
}

/** A flag with one or several whole numbers. */
interface CountFlag {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

/** The flags with their bounds. A server may accept less. */
const BENCH_COUNTS = {
  streams: { name: "streams", min: 1, max: 4_096 },
  promptTokens: { name: "prompt-tokens", min: 1, max: 1_000_000 },
  outputTokens: { name: "output-tokens", min: 1, max: 1_000_000 },
  rounds: { name: "rounds", min: 1, max: 1_000 },
  warmUp: { name: "warm-up", min: 0, max: 1_000 },
} as const satisfies Readonly<Record<string, CountFlag>>;

export const BENCH_DEFAULTS = {
  streams: "1,4,8",
  promptTokens: "64",
  outputTokens: "64",
  rounds: "3",
  warmUp: "1",
} as const;

/** @throws UsageError with every problem */
export function readBenchPlan(flags: BenchFlags): BenchPlan {
  const problems: string[] = [];
  const counts = (flag: CountFlag, text: string): number[] => {
    const values = text.split(",").map((part) => toCount(part, flag));
    const isRight = values.every((value) => value !== undefined);
    if (!isRight) problems.push(`${flagOf(flag.name)}: ${JSON.stringify(text)} must be ${expected(flag)}`);
    return isRight ? values : [];
  };
  const count = (flag: CountFlag, text: string): number => {
    const [value = 0, ...more] = counts(flag, text);
    if (more.length > 0) problems.push(`${flagOf(flag.name)}: takes one number, not ${JSON.stringify(text)}`);
    return value;
  };
  if (flags.prompt !== undefined && flags.promptTokens !== undefined) {
    problems.push("--prompt and --prompt-tokens: only one of them can be given");
  }
  if (flags.prompt === "") problems.push('--prompt: "" must be a text');
  const given = { ...BENCH_DEFAULTS, ...flags };
  const promptTokens = count(BENCH_COUNTS.promptTokens, given.promptTokens);
  const plan: BenchPlan = {
    streams: counts(BENCH_COUNTS.streams, given.streams),
    input:
      flags.prompt === undefined ? { type: "tokens", count: promptTokens } : { type: "prompt", text: flags.prompt },
    outputTokens: count(BENCH_COUNTS.outputTokens, given.outputTokens),
    rounds: count(BENCH_COUNTS.rounds, given.rounds),
    warmUpRounds: count(BENCH_COUNTS.warmUp, given.warmUp),
  };
  if (problems.length > 0) throw new UsageError(problems);
  return plan;
}

function toCount(text: string, { min, max }: CountFlag): number | undefined {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}

function expected({ name, min, max }: CountFlag): string {
  const range = `from ${min} to ${max}`;
  return name === BENCH_COUNTS.streams.name
    ? `whole numbers ${range} with commas between them`
    : `a whole number ${range}`;
}
