import type { BenchCase, BenchSetup } from "./bench-case.js";
import type { MeasuredCase } from "./report/bench-report.js";
import { judge } from "./verdict.js";

/** Runs a case and judges its rows. One that fails says so in the report: the cases after it still run. */
export async function runCase(benchCase: BenchCase, setup: BenchSetup): Promise<MeasuredCase> {
  const { name, title } = benchCase;
  const startedAtMs = performance.now();
  const seconds = (): number => (performance.now() - startedAtMs) / 1_000;
  try {
    const { rows, plots } = await benchCase.run(setup);
    return { name, title, seconds: seconds(), rows: rows.map((row) => ({ ...row, verdict: judge(row) })), plots };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name, title, seconds: seconds(), rows: [], plots: [], failure };
  }
}
