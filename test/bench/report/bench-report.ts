import type { RunStamp } from "../../support/run-stamp.js";
import type { BenchRow, Plot } from "../bench-case.js";
import type { Verdict } from "../verdict.js";

/** What report.json holds, and report.html shows. */
export interface BenchReport extends RunStamp {
  /** Name of the model's file. */
  readonly model: string;
  /** Release of llama.cpp, the same on both sides. */
  readonly release: string;
  readonly threads: number;
  /** The npm command that repeats it. */
  readonly command: string;
  readonly rounds: number;
  readonly short: boolean;
  /** Cases that were asked for and did not run, with the reason. */
  readonly leftOut: readonly string[];
  readonly cases: readonly MeasuredCase[];
}

export interface MeasuredCase {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  readonly rows: readonly JudgedRow[];
  readonly plots: readonly Plot[];
  /** Why it ended before it had figures. */
  readonly failure?: string;
}

export interface JudgedRow extends BenchRow {
  readonly verdict: Verdict;
}
