import type { BenchReport } from "./bench-report.js";

/** A report without cases, for tests to add theirs. */
export const EXAMPLE_REPORT: BenchReport = {
  commit: "abc1234",
  date: "2026-01-02T03:04:05.000Z",
  machine: "2 cores",
  model: "model.gguf",
  release: "v1",
  threads: 2,
  command: "npm run bench",
  rounds: 3,
  short: false,
  leftOut: [],
  cases: [],
};
