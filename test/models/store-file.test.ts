import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { join } from "node:path";

import { partialPathOf, storeFile } from "../../src/models/store-file.js";
import { ScratchDirectory } from "./support/scratch-directory.js";
import { smallGguf } from "./support/small-gguf.js";

describe("storeFile", () => {
  const bytes = smallGguf(50_000);

  async function* inBlocks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
  }

  const common = {
    expectedSizeBytes: undefined,
    expectedSha256: undefined,
    onProgress: () => {},
    signal: new AbortController().signal,
  };

  it("says that the disk is full when it runs full on the way, and leaves nothing", async function () {
    if (process.platform !== "linux") return this.skip();
    await using scratch = await ScratchDirectory.create();
    const targetPath = join(scratch.path, "small.gguf");
    await symlink("/dev/full", partialPathOf(targetPath));
    await assert.rejects(storeFile({ ...common, targetPath, bytes: inBlocks() }), {
      code: "NO_SPACE",
      message: new RegExp(`no space left.*${targetPath}`),
    });
    assert.deepEqual(await scratch.listAll(), []);
  });

  it("refuses what is shorter or longer than it should be", async () => {
    await using scratch = await ScratchDirectory.create();
    const targetPath = join(scratch.path, "small.gguf");
    const store = (expectedSizeBytes: number): Promise<unknown> =>
      storeFile({ ...common, targetPath, bytes: inBlocks(), expectedSizeBytes });
    await assert.rejects(store(bytes.length + 1), { code: "TRUNCATED", message: /ended after \d+ of \d+ bytes/ });
    await assert.rejects(store(bytes.length - 1), { code: "WRONG_CHECKSUM", message: /longer than/ });
    assert.deepEqual(await scratch.listAll(), []);
  });

  it("ends at an abort between two blocks, and leaves nothing", async () => {
    await using scratch = await ScratchDirectory.create();
    const caller = new AbortController();
    const targetPath = join(scratch.path, "small.gguf");
    const onProgress = (doneBytes: number): void => {
      if (doneBytes === 20_000) caller.abort(new Error("enough"));
    };
    const storing = storeFile({ ...common, targetPath, bytes: inBlocks(), onProgress, signal: caller.signal });
    await assert.rejects(storing, { message: "enough" });
    assert.deepEqual(await scratch.listAll(), []);
  });
});
