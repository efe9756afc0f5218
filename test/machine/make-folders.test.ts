import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeFolders } from "../../src/machine/make-folders.js";

const run = promisify(execFile);

describe("Folders on the disk", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-folders-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

  it("are made with all that is missing above them, each with the mode", async () => {
    makeFolders(join(folder, "a", "b", "c"), 0o700);
    for (const path of ["a", "a/b", "a/b/c"]) assert.equal(await modeOf(join(folder, path)), 0o700);
  });

  it("stay as they are where they exist, and behind a symbolic link too", async () => {
    makeFolders(join(folder, "a"), 0o750);
    await symlink(join(folder, "a"), join(folder, "link"));
    makeFolders(join(folder, "a"), 0o700);
    makeFolders(join(folder, "link", "b"), 0o700);
    assert.equal(await modeOf(join(folder, "a")), 0o750);
    assert.ok((await stat(join(folder, "a", "b"))).isDirectory());
  });

  it("are refused where a file stands in the way, at the end or before", async () => {
    await writeFile(join(folder, "file"), "");
    assert.throws(() => makeFolders(join(folder, "file")), { code: "EEXIST" });
    assert.throws(() => makeFolders(join(folder, "file", "a", "b")), { code: "ENOTDIR" });
  });

  it("are refused below /proc, where Node's own way never returns", function () {
    if (process.platform !== "linux") return this.skip();
    assert.throws(() => makeFolders("/proc/rill/a/b"), { code: "ENOENT" });
  });

  it("are refused on a read-only file system for what it is", async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return this.skip();
    const disk = join(folder, "disk");
    try {
      await run("sh", ["-c", `mkdir '${disk}' && mount -t tmpfs -o ro,size=1m none '${disk}'`]);
    } catch {
      return this.skip();
    }
    try {
      assert.throws(() => makeFolders(join(disk, "a", "b")), { code: "EROFS" });
    } finally {
      await run("umount", [disk]);
    }
  });
});
