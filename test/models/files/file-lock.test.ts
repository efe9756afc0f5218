import assert from "node:assert/strict";
import { rmdir } from "node:fs/promises";
import { join } from "node:path";

import { acquireFileLock, type FileLockOptions } from "../../../src/models/files/file-lock.js";
import type { ModelError } from "../../../src/models/files/model-error.js";
import { Deferred } from "../../../src/sync/deferred.js";
import { ScratchDirectory } from "../support/scratch-directory.js";

describe("acquireFileLock", () => {
  let scratch: ScratchDirectory;
  let options: FileLockOptions;
  beforeEach(async () => {
    scratch = await ScratchDirectory.create();
    options = {
      path: join(scratch.path, "file"),
      waitLimitMs: 10_000,
      signal: new AbortController().signal,
      onWait: () => assert.fail("there was nobody to wait for"),
      onLost: (error) => assert.fail(error),
    };
  });
  afterEach(async () => {
    await scratch[Symbol.asyncDispose]();
  });

  it("lets the second wait until the first lets go", async () => {
    const first = await acquireFileLock(options);
    const waited = await new Promise<string>((resolve) => {
      const second = acquireFileLock({ ...options, onWait: resolve });
      void second.then((lock) => lock[Symbol.asyncDispose]());
    });
    assert.equal(waited, `${options.path}.lock`);
    await first[Symbol.asyncDispose]();
    await using _third = await acquireFileLock({ ...options, onWait: () => {} });
  });

  it("gives up when it was held for too long, and names the lock", async () => {
    await using _held = await acquireFileLock(options);
    await assert.rejects(acquireFileLock({ ...options, waitLimitMs: 0, onWait: () => {} }), {
      code: "LOCK_HELD",
      message: new RegExp(`${options.path}.lock`),
    });
  });

  it("stops waiting at an abort", async () => {
    await using _held = await acquireFileLock(options);
    const caller = new AbortController();
    const reason = new Error("enough");
    const waiting = acquireFileLock({ ...options, signal: caller.signal, onWait: () => caller.abort(reason) });
    await assert.rejects(waiting, reason);
  });

  it("tells the holder that the lock was taken away, and lets go without a complaint", async function () {
    this.timeout(10_000);
    const lost = new Deferred<ModelError>();
    const lock = await acquireFileLock({ ...options, onLost: lost.resolve });
    await rmdir(`${options.path}.lock`);
    assert.equal((await lost.promise).code, "LOCK_LOST");
    await lock[Symbol.asyncDispose]();
  });
});
