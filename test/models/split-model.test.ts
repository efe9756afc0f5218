import assert from "node:assert/strict";
import { readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { encodeSplitGguf } from "../support/gguf-writer.js";
import { kindsOf, startResolving } from "./support/resolving.js";
import { ScratchDirectory } from "./support/scratch-directory.js";
import { sha256Of, SMALL_METADATA } from "./support/small-gguf.js";

const tensor = (name: string) => ({ name, shape: [64], data: new Float32Array(64) });
const TENSORS = ["a.weight", "b.weight", "c.weight"].map(tensor);

describe("A model that is split into several files", () => {
  let scratch: ScratchDirectory;
  let cacheDir: string;
  let paths: readonly [string, string, string];
  beforeEach(async () => {
    scratch = await ScratchDirectory.create();
    cacheDir = join(scratch.path, "cache");
    const pathOf = (number: number): string => join(scratch.path, `my-model-0000${number}-of-00003.gguf`);
    paths = [pathOf(1), pathOf(2), pathOf(3)];
    const parts = encodeSplitGguf(SMALL_METADATA, TENSORS, 3);
    for (const [index, bytes] of parts.entries()) await writeFile(pathOf(index + 1), bytes);
  });
  afterEach(async () => {
    await scratch[Symbol.asyncDispose]();
  });

  const resolve = (path: string) => startResolving(path, { cacheDir });
  const rejects = async (path: string, expected: object): Promise<void> => {
    const { result, events } = resolve(path);
    await assert.rejects(result, { name: "ModelError", ...expected });
    assert.deepEqual(events, []);
  };

  it("has the size and the digest of all parts, and the name that they share", async () => {
    const parts = await Promise.all(paths.map((path) => readFile(path)));
    const { gguf, ...resolved } = await resolve(paths[0]).result;
    const sha256 = sha256Of(Buffer.from(parts.map(sha256Of).join("")));
    const files = parts.map((bytes, index) => ({ path: paths[index], sha256: sha256Of(bytes) }));
    assert.deepEqual(resolved, { name: "my-model", path: paths[0], sha256, files, origin: "path" });
    assert.equal(
      gguf.sizeBytes,
      parts.map(({ length }) => length).reduce((sum, length) => sum + length),
    );
    assert.deepEqual([gguf.tensorCount, gguf.partCount, gguf.architecture], [3, 3, "llama"]);
  });

  it("is hashed once, and then only where a part has changed", async () => {
    const before = await resolve(paths[0]).result;
    const again = resolve(paths[0]);
    assert.equal((await again.result).sha256, before.sha256);
    assert.deepEqual(again.events, []);
    const bytes = await readFile(paths[1]);
    bytes.writeFloatLE(1, bytes.length - 4);
    await writeFile(paths[1], bytes);
    const changed = resolve(paths[0]);
    assert.notEqual((await changed.result).sha256, before.sha256);
    assert.deepEqual(kindsOf(changed.events), ["hashing"]);
    const hashed = changed.events.flatMap((event) => (event.kind === "hashing" ? [event.path] : []));
    assert.deepEqual(new Set(hashed), new Set([paths[1]]));
  });

  it("says which file to start with when it is given a later part", async () => {
    await rejects(paths[1], {
      code: "UNSUPPORTED_MODEL",
      message: `${paths[1]} is part 2 of 3 of a split model; start with part 1: ${paths[0]}`,
    });
    const renamed = join(scratch.path, "weights.gguf");
    await rename(paths[2], renamed);
    await rejects(renamed, { message: `${renamed} is part 3 of 3 of a split model; start with part 1` });
  });

  it("names a part that is missing", async () => {
    await rm(paths[2]);
    await rejects(paths[0], {
      code: "NOT_FOUND",
      message: `${paths[2]} is missing: part 3 of 3 of the model that begins in ${paths[0]}`,
    });
  });

  it("names a part that is cut off, is no model file or belongs elsewhere", async () => {
    const whole = await readFile(paths[1]);
    await truncate(paths[1], whole.length - 1);
    await rejects(paths[0], { code: "TRUNCATED", message: new RegExp(basename(paths[1])) });
    await writeFile(paths[1], "hello");
    await rejects(paths[0], { code: "NOT_A_GGUF", message: new RegExp(basename(paths[1])) });
    await writeFile(paths[1], await readFile(paths[2]));
    await rejects(paths[0], {
      code: "UNSUPPORTED_MODEL",
      message: new RegExp(`${basename(paths[1])} says that it is part 3 of 3; it stands in the place of part 2 of 3`),
    });
    const [, two] = encodeSplitGguf(SMALL_METADATA, TENSORS, 2);
    await writeFile(paths[1], two ?? "");
    await rejects(paths[0], { message: /says that it is part 2 of 2; it stands in the place of part 2 of 3/ });
  });

  it("asks for the names by which llama.cpp finds the parts", async () => {
    for (const name of ["weights.gguf", "my-model-00001-of-00004.gguf"]) {
      const renamed = join(scratch.path, name);
      await rename(paths[0], renamed);
      await rejects(renamed, { code: "UNSUPPORTED_MODEL", message: /name it NAME-00001-of-00003\.gguf/ });
      await rename(renamed, paths[0]);
    }
  });

  it("is refused where no part has weights, whatever the first one has", async () => {
    const pathOf = (number: number): string => join(scratch.path, `late-0000${number}-of-00002.gguf`);
    const [first = "", empty = ""] = encodeSplitGguf(SMALL_METADATA, [], 2);
    const [, full = ""] = encodeSplitGguf(SMALL_METADATA, TENSORS, 2);
    await writeFile(pathOf(1), first);
    await writeFile(pathOf(2), empty);
    await rejects(pathOf(1), { code: "UNSUPPORTED_MODEL", message: /no weights/ });
    await writeFile(pathOf(2), full);
    assert.equal((await resolve(pathOf(1)).result).gguf.tensorCount, 1);
  });

  it("is not fetched from the hub, which says so before anything is asked for", async () => {
    await assert.rejects(resolve("hf:owner/repo/my-model-00001-of-00003.gguf").result, {
      code: "UNSUPPORTED_MODEL",
      message: /one part of a split model, which is not fetched; put all parts into one folder/,
    });
  });
});
