import assert from "node:assert/strict";
import { readFile, symlink } from "node:fs/promises";
import { join } from "node:path";

import { partialPathOf, type PartialVersion } from "../../../src/models/download/partial-file.js";
import { ModelError } from "../../../src/models/files/model-error.js";
import { storeFile } from "../../../src/models/download/store-file.js";
import { ScratchDirectory } from "../support/scratch-directory.js";
import { sha256Of, smallGguf } from "../support/small-gguf.js";

describe("storeFile", () => {
  const bytes = smallGguf(50_000);

  async function* inBlocks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
  }

  const version: PartialVersion = { address: "http://hub/small.gguf", etag: '"1"', sizeBytes: bytes.length };

  const common = {
    offsetBytes: 0,
    version: undefined,
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
    // The part that an earlier call left is on a disk that is full by now.
    const options = { ...common, targetPath, bytes: inBlocks(), offsetBytes: 10, version };
    await assert.rejects(storeFile(options), {
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

  it("keeps what it has where source or caller break off and the version is known, and completes it later", async () => {
    await using scratch = await ScratchDirectory.create();
    const targetPath = join(scratch.path, "small.gguf");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 10_000);
      throw new ModelError("SOURCE_FAILED", "the connection broke");
    }
    const kept = ["small.gguf.partial", "small.gguf.partial.json"];
    const breaking = storeFile({ ...common, targetPath, bytes: broken(), version });
    await assert.rejects(breaking, { code: "SOURCE_FAILED" });
    assert.deepEqual(await scratch.listAll(), kept);

    const caller = new AbortController();
    async function* next(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(10_000, 30_000);
      yield bytes.subarray(30_000);
    }
    const onProgress = (): void => caller.abort(new Error("enough"));
    const second = { ...common, targetPath, bytes: next(), offsetBytes: 10_000, version, onProgress };
    await assert.rejects(storeFile({ ...second, signal: caller.signal }), { message: "enough" });
    assert.deepEqual(await scratch.listAll(), kept);

    async function* rest(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(30_000);
    }
    const last = { ...common, targetPath, bytes: rest(), offsetBytes: 30_000, version };
    assert.deepEqual(await storeFile(last), { sha256: sha256Of(bytes), sizeBytes: bytes.length });
    assert.deepEqual(await scratch.listAll(), ["small.gguf"]);
    assert.deepEqual(await readFile(targetPath), bytes);
  });

  it("keeps nothing where the version is not known, nor what has the wrong digest", async () => {
    await using scratch = await ScratchDirectory.create();
    const targetPath = join(scratch.path, "small.gguf");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 10_000);
      throw new ModelError("SOURCE_FAILED", "the connection broke");
    }
    await assert.rejects(storeFile({ ...common, targetPath, bytes: broken() }), { code: "SOURCE_FAILED" });
    assert.deepEqual(await scratch.listAll(), []);
    const wrong = { ...common, targetPath, bytes: inBlocks(), version, expectedSha256: "0".repeat(64) };
    await assert.rejects(storeFile(wrong), { code: "WRONG_CHECKSUM" });
    assert.deepEqual(await scratch.listAll(), []);
  });

  it("touches nothing once the lock is lost: the file is another process's", async () => {
    await using scratch = await ScratchDirectory.create();
    const targetPath = join(scratch.path, "small.gguf");
    const holder = new AbortController();
    const onProgress = (): void => holder.abort(new ModelError("LOCK_LOST", "lost"));
    const storing = storeFile({ ...common, targetPath, bytes: inBlocks(), onProgress, signal: holder.signal });
    await assert.rejects(storing, { code: "LOCK_LOST" });
    assert.deepEqual(await scratch.listAll(), ["small.gguf.partial"]);
  });
});
