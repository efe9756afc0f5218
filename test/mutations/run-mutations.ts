/**
 * Shows that the tests can fail: puts each defect of test/mutations/*.patch into a copy of the product and expects the test
 * that the patch names to turn red. Run from the repository's root after a build, with names of patches to try only those. `--jobs N` tries
 * them in N copies side by side. `--results FILE` takes what the tests do without the defects from the results of a test run
 * (RILL_TEST_RESULTS); tests that are not in it are run. Exit code 1 when a defect goes unseen.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { parseResults, type TestResult } from "../runner/test-results.js";
import { type MutationPatch, parseMutationPatch } from "./mutation-patch.js";
import { Sandbox } from "./sandbox.js";
import { judge, outcomeIn, type TestOutcome, type Verdict } from "./verdict.js";

const root = process.cwd();
const folder = path.join(root, "test/mutations");
const { values: flags, positionals } = parseArgs({
  options: { jobs: { type: "string", default: "1" }, results: { type: "string" } },
  allowPositionals: true,
});
const wanted = new Set(positionals);
const results: readonly TestResult[] =
  flags.results === undefined ? [] : parseResults(readFileSync(flags.results, "utf8"));

const patches = readdirSync(folder)
  .filter((name) => name.endsWith(".patch") && (wanted.size === 0 || wanted.has(path.basename(name, ".patch"))))
  .map((name) => path.join(folder, name))
  .map((file) => parseMutationPatch(file, readFileSync(file, "utf8")));

const waiting = [...patches];
const controls = new Map<string, Promise<TestOutcome>>();
let seen = 0;
await Promise.all(Array.from({ length: Math.min(Number(flags.jobs), patches.length) }, tryWaiting));
console.log(`${seen} seen\n${patches.length - seen} unseen`);
process.exitCode = seen === patches.length ? 0 : 1;

/** Tries one patch after another in a copy of its own, as long as any wait. */
async function tryWaiting(): Promise<void> {
  using sandbox = Sandbox.create(root);
  for (let patch = waiting.shift(); patch !== undefined; patch = waiting.shift()) {
    const verdict = await tryPatch(sandbox, patch);
    if (verdict.seen) seen += 1;
    console.log(`${verdict.seen ? "seen  " : "UNSEEN"} ${patch.name}: ${verdict.reason}`);
  }
}

async function tryPatch(sandbox: Sandbox, patch: MutationPatch): Promise<Verdict> {
  const control = await controlOf(sandbox, patch);
  const applied = sandbox.apply(patch);
  if (applied.status !== 0) return { seen: false, reason: `the patch no longer applies:\n${applied.output}` };
  try {
    const verdict = judge(control, await sandbox.test(patch));
    // A defect in how two ends race may stay hidden once on busy processors.
    return verdict.seen ? verdict : judge(control, await sandbox.test(patch));
  } finally {
    sandbox.revert(patch);
  }
}

/** What a patch's test does on the unchanged product, found out once for all patches that name the same. */
function controlOf(sandbox: Sandbox, patch: MutationPatch): Promise<TestOutcome> {
  const key = JSON.stringify([patch.spec, patch.grep]);
  const told = controls.get(key);
  if (told !== undefined) return told;
  const found = outcomeIn(results, patch);
  const control = found === undefined ? sandbox.test(patch) : Promise.resolve(found);
  controls.set(key, control);
  return control;
}
