import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { COVERED_FILES } from "./covered-files.js";
import { type DatedReport, staleReason } from "./report-age.js";
import { statementChanges } from "./running-statements.js";

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

/** The declarations under the covered paths that run otherwise than at the commit, or undefined where the repository does not hold it. */
function changedSince(commit: string, covered: readonly string[]): readonly string[] | undefined {
  const before = blobsOf(commit, covered);
  const now = blobsOf("HEAD", covered);
  if (before === undefined || now === undefined) return undefined;
  const { added, removed } = statementChanges(readBlobs(without(before, now)), readBlobs(without(now, before)));
  return [...new Set([...added, ...removed])];
}

/** The ids of the files that a commit holds under some paths. */
function blobsOf(commit: string, paths: readonly string[]): Set<string> | undefined {
  const args = ["ls-tree", "-r", "--format=%(objectname)", commit, "--", ...paths];
  try {
    const ids = execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return new Set(ids.split("\n").filter((id) => id !== ""));
  } catch {
    // A clone without the whole history does not hold the commit.
    return undefined;
  }
}

function readBlobs(ids: ReadonlySet<string>): readonly string[] {
  return [...ids].map((id) => execFileSync("git", ["cat-file", "blob", id], { encoding: "utf8" }));
}

function without(ids: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...ids].filter((id) => !others.has(id)));
}
