import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import type { BenchReport } from "./bench-report.js";

/** The folder of the reports that are committed. docs/performance.md shows their figures. */
const FOLDER = join("test", "bench", "reports");

/** A committed report. It has no plots. */
export interface KeptReport extends BenchReport {
  /** From the root of the repository. */
  readonly path: string;
}

/** Writes a report without its plots to the folder of the committed ones. Returns its path. @throws Error if a case failed or was left out */
export async function keepReport(name: string, report: BenchReport): Promise<string> {
  const missing = [
    ...report.leftOut,
    ...report.cases.flatMap((measured) => (measured.failure === undefined ? [] : measured.name)),
  ];
  if (missing.length > 0) throw new Error(`the report is not kept, because it lacks ${missing.join(", ")}`);
  const cases = report.cases.map((measured) => ({ ...measured, plots: [] }));
  await mkdir(FOLDER, { recursive: true });
  const path = join(FOLDER, `${name}.json`);
  const text = JSON.stringify({ ...report, cases }, undefined, 2);
  await writeFile(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
  return path;
}

/** The committed reports, in the order of their names. */
export function readKeptReports(): readonly KeptReport[] {
  return readdirSync(FOLDER)
    .toSorted()
    .map((file) => {
      const path = join(FOLDER, file);
      return { ...(JSON.parse(readFileSync(path, "utf8")) as BenchReport), path };
    });
}
