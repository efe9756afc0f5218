import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { COVERED_FILES } from "./covered-files.js";
import { type DatedReport, staleReason } from "./report-age.js";

/** Names the committed reports of proofs that are stale. They are measured anew by hand, so a stale one fails nothing. */
let stale = 0;
for (const [name, covered] of Object.entries(COVERED_FILES)) {
  const reason = staleReason(readReport(name), (commit) => changedSince(commit, covered));
  if (reason === undefined) continue;
  stale += 1;
  console.log(`stale  ${name}: ${reason}`);
}
console.log(`${stale} of ${Object.keys(COVERED_FILES).length} reports are stale`);

function readReport(name: string): DatedReport | undefined {
  const file = join("test", "proof", "reports", `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as DatedReport) : undefined;
}

function changedSince(commit: string, covered: readonly string[]): readonly string[] | undefined {
  try {
    const args = ["diff", "--name-only", commit, "HEAD", "--", ...covered];
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    // A clone without the whole history does not hold it.
    return undefined;
  }
}
