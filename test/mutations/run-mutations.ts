/**
 * Shows that the tests can fail: puts each defect of test/mutations/*.patch into a copy of the product and expects the test
 * that the patch names to turn red. Run from the repository's root, with names of patches to try only those. `--jobs N` tries
 * them in N processes side by side. Exit code 1 when a defect goes unseen.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type MutationPatch, parseMutationPatch } from "./mutation-patch.js";
import { Sandbox } from "./sandbox.js";
import { judge, type TestOutcome, type Verdict } from "./verdict.js";

const root = process.cwd();
const folder = path.join(root, "test/mutations");
const { values: flags, positionals } = parseArgs({
  options: { jobs: { type: "string", default: "1" } },
  allowPositionals: true,
});
const jobs = Number(flags.jobs);
const wanted = new Set(positionals);

const patches = readdirSync(folder)
  .filter((name) => name.endsWith(".patch") && (wanted.size === 0 || wanted.has(path.basename(name, ".patch"))))
  .map((name) => path.join(folder, name))
  .map((file) => parseMutationPatch(file, readFileSync(file, "utf8")));

const controls = new Map<string, TestOutcome>();
const seen = jobs > 1 ? await trySideBySide() : tryInTurn();
console.log(`${seen} seen\n${patches.length - seen} unseen`);
process.exitCode = seen === patches.length ? 0 : 1;

/** Returns how many were seen. */
function tryInTurn(): number {
  if (patches.length === 0) return 0;
  let count = 0;
  using sandbox = Sandbox.create(root);
  for (const patch of patches) controlOf(sandbox, patch);
  for (const patch of patches) {
    const verdict = tryPatch(sandbox, patch);
    if (verdict.seen) count += 1;
    console.log(`${verdict.seen ? "seen  " : "UNSEEN"} ${patch.name}: ${verdict.reason}`);
  }
  return count;
}

/** The patches of one test stay in one process, which runs it on the unchanged product once. Returns how many were seen. */
async function trySideBySide(): Promise<number> {
  const shares: string[][] = Array.from({ length: jobs }, () => []);
  for (const names of namesByTest()) {
    const smallest = shares.reduce((least, share) => (share.length < least.length ? share : least));
    smallest.push(...names);
  }
  const counts = await Promise.all(shares.filter((names) => names.length > 0).map(tryElsewhere));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The largest groups first. */
function namesByTest(): string[][] {
  const groups = new Map<string, string[]>();
  for (const { spec, name } of patches) groups.set(spec, [...(groups.get(spec) ?? []), name]);
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

async function tryElsewhere(names: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...names], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  let count = 0;
  for await (const line of createInterface(child.stdout)) {
    const [, own] = /^(\d+) seen$/.exec(line) ?? [];
    if (own !== undefined) count = Number(own);
    else if (!/^\d+ unseen$/.test(line)) console.log(line);
  }
  await ended;
  return count;
}

/** The run of a patch's test on the unchanged product, once for all patches that name the same. */
function controlOf(sandbox: Sandbox, patch: MutationPatch): TestOutcome {
  const key = JSON.stringify([patch.spec, patch.grep]);
  const control = controls.get(key) ?? sandbox.test(patch);
  controls.set(key, control);
  return control;
}

function tryPatch(sandbox: Sandbox, patch: MutationPatch): Verdict {
  const applied = sandbox.apply(patch);
  if (applied.status !== 0) return { seen: false, reason: `the patch no longer applies:\n${applied.output}` };
  try {
    return judge(controlOf(sandbox, patch), sandbox.test(patch));
  } finally {
    sandbox.revert(patch);
  }
}
