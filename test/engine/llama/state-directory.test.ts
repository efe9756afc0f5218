import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stateDirectoryProblem } from "../../../src/engine/llama/state-directory.js";

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
