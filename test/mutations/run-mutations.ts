/**
 * Shows that the tests can fail: puts each defect of test/mutations/*.patch into a copy of the product and expects the test
 * that the patch names to turn red. Run from the repository's root, with names of patches to try only those.
 * Exit code 1 when a defect goes unseen.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type MutationPatch, parseMutationPatch } from "./mutation-patch.js";
import { Sandbox } from "./sandbox.js";
import { judge, type TestOutcome, type Verdict } from "./verdict.js";

const root = process.cwd();
const folder = path.join(root, "test/mutations");
const wanted = new Set(process.argv.slice(2));

const patches = readdirSync(folder)
  .filter((name) => name.endsWith(".patch") && (wanted.size === 0 || wanted.has(path.basename(name, ".patch"))))
  .map((name) => path.join(folder, name))
  .map((file) => parseMutationPatch(file, readFileSync(file, "utf8")));

const controls = new Map<string, TestOutcome>();
let seen = 0;
if (patches.length > 0) {
  using sandbox = Sandbox.create(root);
  for (const patch of patches) controlOf(sandbox, patch);
  for (const patch of patches) {
    const verdict = tryPatch(sandbox, patch);
    if (verdict.seen) seen += 1;
    console.log(`${verdict.seen ? "seen  " : "UNSEEN"} ${patch.name}: ${verdict.reason}`);
  }
}
console.log(`${seen} seen\n${patches.length - seen} unseen`);
process.exitCode = seen === patches.length ? 0 : 1;

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
