import assert from "node:assert/strict";
import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileMark } from "../../../src/models/files/file-mark.js";

describe("FileMark", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-file-mark-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("tells a file that was written to from one that was replaced by a rename, or removed", async () => {
    const path = join(folder, "model.gguf");
    await writeFile(path, "one");
    const mark = new FileMark(path);
    assert.equal(mark.wasOverwritten, false);
    await writeFile(join(folder, "new.gguf"), "two, which is longer");
    await rename(path, join(folder, "old.gguf"));
    await rename(join(folder, "new.gguf"), path);
    assert.equal(mark.wasOverwritten, false);
    const later = new FileMark(path);
    await appendFile(path, "more");
    assert.equal(later.wasOverwritten, true);
    await rm(path);
    assert.equal(later.wasOverwritten, false);
    assert.equal(new FileMark(path).wasOverwritten, false);
  });
});
