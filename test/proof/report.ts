import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stampRun } from "../support/run-stamp.js";
import { coveredFiles } from "./covered-files.js";

/** One line of a proof: what was measured, the figure, the bound it is held to, and whether it kept it. */
export interface Finding {
  readonly what: string;
  readonly figure: string;
  readonly bound: string;
  readonly holds: boolean;
  /** It depends on the machine's pace: a short run, on whatever machine, shows it and does not judge it. */
  readonly timed?: boolean;
}

export interface ProofReport {
  readonly name: string;
  /** The npm command that repeats it. */
  readonly command: string;
  readonly seed: number | undefined;
  readonly short: boolean;
  readonly findings: readonly Finding[];
  /** Further figures worth keeping, such as series. */
  readonly figures?: unknown;
}

/** Says what a long proof is at. */
export function announce(what: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)}  ${what}`);
}

/**
 * Prints the findings and, for a full run, writes test/proof/reports/NAME.json. The exit code of the process becomes 1 where a finding does not hold.
 * Short runs (CI) print and judge, but leave the committed report of the full run alone.
 */
export function publish(report: ProofReport): void {
  const judged = report.findings.filter(({ timed }) => !(report.short && timed === true));
  for (const finding of report.findings) {
    const { what, figure, bound, holds } = finding;
    const verdict = !judged.includes(finding) ? "noted" : holds ? "holds" : "FAILS";
    console.log(`${verdict}  ${what}: ${figure} (bound: ${bound})`);
  }
  const failed = judged.filter(({ holds }) => !holds);
  if (failed.length > 0) {
    // CI repeats what follows this line at the end of its log.
    console.log("--- what failed");
    for (const { what, figure, bound } of failed) console.log(`${what}: ${figure} (bound: ${bound})`);
    process.exitCode = 1;
  }
  console.log(`${judged.length - failed.length} holding`);
  if (failed.length > 0) console.log(`${failed.length} failing`);
  const covers = coveredFiles(report.name);
  if (report.short) return;
  const folder = join("test", "proof", "reports");
  mkdirSync(folder, { recursive: true });
  const stamped = { ...report, covers, ...stampRun() };
  writeFileSync(join(folder, `${report.name}.json`), `${JSON.stringify(stamped, undefined, 2)}\n`);
}
