import assert from "node:assert/strict";
import { chmod, readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { encodeGguf } from "../support/gguf-writer.js";
import { kindsOf, startResolving } from "./support/resolving.js";
import { ScratchDirectory } from "./support/scratch-directory.js";
import { sha256Of, SMALL_METADATA, smallGguf } from "./support/small-gguf.js";

describe("resolveModel with a path", () => {
  let scratch: ScratchDirectory;
  let cacheDir: string;
  let path: string;
  const bytes = smallGguf();
  beforeEach(async () => {
    scratch = await ScratchDirectory.create();
    cacheDir = join(scratch.path, "cache");
    path = join(scratch.path, "my-model.gguf");
    await writeFile(path, bytes);
  });
  afterEach(async () => {
    await scratch[Symbol.asyncDispose]();
  });

  it("uses the file where it lies, and hashes it only once", async () => {
    const first = startResolving(path, { cacheDir });
    const { gguf, ...resolved } = await first.result;
    const sha256 = sha256Of(bytes);
    assert.deepEqual(resolved, { name: "my-model", path, sha256, files: [{ path, sha256 }], origin: "path" });
    assert.equal(gguf.architecture, "llama");
    assert.deepEqual(kindsOf(first.events), ["hashing"]);
    const second = startResolving(path, { cacheDir });
    assert.equal((await second.result).sha256, sha256Of(bytes));
    assert.deepEqual(second.events, []);
    assert.deepEqual(await readdir(scratch.path), ["cache", "my-model.gguf"]);
  });

  it("hashes again when the file has changed, and when asked to", async () => {
    await startResolving(path, { cacheDir }).result;
    const other = smallGguf(128);
    await writeFile(path, other);
    assert.equal((await startResolving(path, { cacheDir }).result).sha256, sha256Of(other));
    const again = startResolving(path, { cacheDir, rehash: true });
    assert.equal((await again.result).sha256, sha256Of(other));
    assert.deepEqual(kindsOf(again.events), ["hashing"]);
  });

  it("serves from a cache that it can't write, and says so", async () => {
    await writeFile(cacheDir, "a file where the cache should be");
    const { result, events } = startResolving(path, { cacheDir });
    assert.equal((await result).sha256, sha256Of(bytes));
    assert.deepEqual(kindsOf(events), ["hashing", "not-recorded"]);
  });

  it("ignores a record that it can't understand", async () => {
    await startResolving(path, { cacheDir }).result;
    const records = join(cacheDir, ".digests");
    for (const nonsense of ["", "{", "null", '{"sha256":"zz","sizeBytes":1,"modifiedMs":1}']) {
      for (const name of await readdir(records)) await writeFile(join(records, name), nonsense);
      assert.equal((await startResolving(path, { cacheDir }).result).sha256, sha256Of(bytes));
    }
  });

  it("says what is wrong with a file before it hashes anything", async () => {
    const rejects = async (spec: string, expected: object): Promise<void> => {
      const { result, events } = startResolving(spec, { cacheDir });
      await assert.rejects(result, { name: "ModelError", ...expected });
      assert.deepEqual(events, []);
    };
    await rejects(join(scratch.path, "none.gguf"), { code: "NOT_FOUND", message: /none\.gguf does not exist/ });
    await rejects(`${scratch.path}/`, { code: "NOT_A_FILE" });
    await rejects(join(path, "below.gguf"), { code: "NOT_FOUND" });
    await truncate(path, bytes.length - 1);
    await rejects(path, { code: "TRUNCATED", message: new RegExp(`at least ${bytes.length} bytes`) });
    await writeFile(path, encodeGguf(SMALL_METADATA, []));
    await rejects(path, { code: "UNSUPPORTED_MODEL", message: /no weights/ });
    await writeFile(path, "hello");
    await rejects(path, { code: "NOT_A_GGUF" });
  });

  it("says that a file can't be read", async function () {
    if (process.getuid?.() === 0) return this.skip();
    await chmod(path, 0);
    await assert.rejects(startResolving(path, { cacheDir }).result, { code: "NOT_READABLE", message: /EACCES/ });
  });
});
