import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, release } from "node:os";

/** What was measured, when and on what: the head of every report of figures. */
export interface RunStamp {
  /** Of what is checked out; says so where the product was changed since. */
  readonly commit: string;
  /** ISO 8601 */
  readonly date: string;
  readonly machine: string;
}

export function stampRun(): RunStamp {
  return { commit: commitId(), date: new Date().toISOString(), machine: machine() };
}

function commitId(): string {
  const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain", "--", "src", "proto", "package.json") !== "";
  return git("rev-parse", "--short", "HEAD") + (changed ? " with changes" : "");
}

function machine(): string {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${availableParallelism()} cores (${processor}), ${process.platform} ${release()}, Node ${process.version}`;
}
