import path from "node:path";

/** How one case of a test run ended. */
export interface TestResult {
  /** From the repository's root, as it is compiled: `dist/test/engine/output/stop-filter.test.js`. */
  readonly spec: string;
  /** The title with those of the suites that it is in. */
  readonly title: string;
  readonly passed: boolean;
}

/** One line of a file of results. A case that was skipped has no state. */
export function formatResult(test: Pick<Mocha.Test, "file" | "state" | "fullTitle">): string {
  const spec = path.relative(process.cwd(), test.file ?? "");
  if (test.state === undefined || test.state === "pending") return "";
  const result: TestResult = { spec, title: test.fullTitle(), passed: test.state === "passed" };
  return `${JSON.stringify(result)}\n`;
}

/** The lines that formatResult made. */
export function parseResults(text: string): TestResult[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as TestResult);
}
