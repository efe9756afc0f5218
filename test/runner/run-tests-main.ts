/**
 * Runs the compiled tests, the groups of test-groups.ts side by side: one mocha process more at a time than there are cores, since many tests wait, and at most
 * four. Prints the output of each group when it has ended, then the failed cases of all, then the totals. Exit code 1 when a case failed or a group ended badly.
 * Usage: run-tests-main [--except ROOM …] [ROOM …]; without rooms, all run.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { formatTotals, type MochaSummary, readMochaOutput } from "./mocha-summary.js";
import { groupByRoom, roomOf, type TestGroup } from "./test-groups.js";

const ROOT = "dist/test";
const MOCHA = ["node_modules/mocha/bin/mocha.js", "--config", ".config/mocharc.json"];
const MOST_AT_A_TIME = 4;

const { values: flags, positionals: rooms } = parseArgs({
  options: { except: { type: "string", multiple: true, default: [] } },
  allowPositionals: true,
});

const waiting = groupByRoom(ROOT, readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter(isWanted).map(below));
const ended: (MochaSummary & { readonly name: string })[] = [];
const folder = mkdtempSync(path.join(tmpdir(), "rill-tests-"));
const lanes = Math.min(MOST_AT_A_TIME, availableParallelism() + 1);
await Promise.all(Array.from({ length: lanes }, runWaiting));
rmSync(folder, { recursive: true });

for (const { name, failures } of ended) {
  if (failures !== "") process.stdout.write(`\n--- what failed in ${name}\n${failures}`);
}
process.stdout.write(`\n${formatTotals(ended)}`);
process.exitCode = ended.length > 0 && ended.every(({ failing }) => failing === 0) ? 0 : 1;

function below(name: string): string {
  return path.join(ROOT, name);
}

function isWanted(name: string): boolean {
  const room = roomOf(ROOT, below(name));
  return name.endsWith(".test.js") && (rooms.length === 0 || rooms.includes(room)) && !flags.except.includes(room);
}

/** One group after another, as long as any wait. */
async function runWaiting(): Promise<void> {
  for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
    const { output, status } = await runGroup(group);
    process.stdout.write(`\n--- ${group.name}\n${output}`);
    ended.push({ name: group.name, ...readMochaOutput(output, status) });
  }
}

/** The output goes through a file: a process that a test left behind would keep a pipe open for ever. */
async function runGroup({
  name,
  files,
}: TestGroup): Promise<{ readonly output: string; readonly status: number | null }> {
  const log = path.join(folder, name);
  const descriptor = openSync(log, "w");
  const child = spawn(process.execPath, [...MOCHA, ...files], { stdio: ["ignore", descriptor, descriptor] });
  closeSync(descriptor);
  const [status] = (await once(child, "exit")) as [number | null];
  return { output: readFileSync(log, "utf8"), status };
}
