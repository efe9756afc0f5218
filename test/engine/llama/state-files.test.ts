import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  openStateDirectory,
  processMark,
  stateDirectoryProblem,
  StateFiles,
} from "../../../src/engine/llama/state-files.js";

const MODE_BITS = 0o777;
const HOLDER = fileURLToPath(new URL("../state-holder.js", import.meta.url));

describe("saved state's files", () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "rill-test-"));
  });

  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  const names = (): string[] => readdirSync(root);

  it("are private: the folder's mode is 0700 and a file's 0600", () => {
    using files = new StateFiles({ budgetBytes: 1_000, roots: [root] });
    const file = files.create(10);
    assert.ok(file !== undefined);
    assert.equal(statSync(file.path).mode & MODE_BITS, 0o600);
    assert.equal(statSync(join(root, names()[0] ?? "")).mode & MODE_BITS, 0o700);
  });

  it("keep to their budget, and give bytes back once each", () => {
    using files = new StateFiles({ budgetBytes: 100, roots: [root] });
    const first = files.create(0);
    const second = files.create(0);
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(first.measure(60), true);
    assert.equal(files.create(41), undefined, "no room for what is expected");
    assert.equal(second.measure(60), false, "larger than there was room for");
    second[Symbol.dispose]();
    second[Symbol.dispose]();
    assert.equal(files.usedBytes, 60);
    first[Symbol.dispose]();
    assert.equal(files.usedBytes, 0);
    assert.equal(existsSync(first.path), false);
  });

  it("are none at a budget of 0", () => {
    using files = new StateFiles({ budgetBytes: 0, roots: [root] });
    assert.equal(files.create(1), undefined);
    assert.deepEqual(names(), []);
  });

  it("go with their owner, folder and all", () => {
    const files = new StateFiles({ budgetBytes: 100, roots: [root] });
    files.create(1);
    files[Symbol.dispose]();
    assert.deepEqual(names(), []);
  });

  it("are kept in the next root where the first is absent", () => {
    using directory = openStateDirectory([join(root, "absent"), root], 1_000);
    assert.equal(directory?.path.startsWith(join(root, "rill-state-")), true);
    assert.ok(directory.freeBytes() > 0);
  });

  it("are none where no root can be written to, and that is no error", () => {
    using files = new StateFiles({ budgetBytes: 100, roots: [join(root, "absent")] });
    assert.equal(files.create(1), undefined);
  });

  it("come back after their folder was removed from outside", () => {
    using files = new StateFiles({ budgetBytes: 100, roots: [root] });
    rmSync(join(root, names()[0] ?? ""), { recursive: true });
    assert.notEqual(files.create(1), undefined);
  });

  it("of a process that was killed are swept by the next, and those of one that lives are not", async () => {
    const holders = [0, 1].map(() => spawn(process.execPath, [HOLDER, root], { stdio: ["ignore", "pipe", "inherit"] }));
    const [killed, living] = holders;
    assert.ok(killed !== undefined && living !== undefined);
    try {
      const folders = await Promise.all(
        holders.map(async ({ stdout }) =>
          basename(String((await once(createInterface({ input: stdout }), "line"))[0])),
        ),
      );
      killed.kill("SIGKILL");
      await once(killed, "exit");
      assert.equal(names().length, 2);
      using own = openStateDirectory([root], 1_000);
      assert.ok(own !== undefined);
      assert.deepEqual(new Set(names()), new Set([folders[1], basename(own.path)]));
    } finally {
      for (const holder of holders) holder.kill("SIGKILL");
    }
  });

  it("of a process with the same id that began at another time are swept, others' folders are left alone", () => {
    const mark = processMark(process.pid) ?? "";
    const reused = `rill-state-${mark.replace(/-\d+$/, "-1")}-abcdef`;
    const elsewhere = "rill-state-1-1-1-abcdef";
    for (const name of [reused, elsewhere, "rill-state-of-somebody"]) mkdirSync(join(root, name));
    writeFileSync(join(root, reused, "1"), "state");
    using own = openStateDirectory([root], 1_000);
    assert.ok(own !== undefined);
    const left = process.platform === "linux" ? [elsewhere] : [];
    assert.deepEqual(new Set(names()), new Set([...left, "rill-state-of-somebody", basename(own.path)]));
  });
});

describe("A folder for saved state", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-state-problem-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it("is made for its owner alone where it is missing", async () => {
    assert.equal(stateDirectoryProblem(join(folder, "a", "b")), undefined);
    assert.equal((await stat(join(folder, "a", "b"))).mode & 0o777, 0o700);
  });

  it("is named, with the reason, where it can't be made", async () => {
    await writeFile(join(folder, "file"), "");
    const path = join(folder, "file", "a");
    assert.equal(
      stateDirectoryProblem(path),
      `no folder can take saved state, so preempted generations are prefilled again: ${path} (ENOTDIR)`,
    );
  });

  it("is found where one of those that auto stands for can be written", async () => {
    await writeFile(join(folder, "file"), "");
    const bad = join(folder, "file");
    assert.equal(stateDirectoryProblem("auto", [bad, folder]), undefined);
    assert.match(stateDirectoryProblem("auto", [bad]) ?? "", /file \(EEXIST\)$/);
  });
});
