import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { LOCK_FILES, type LockFile } from "./lock-file.js";
import { findLockProblems } from "./lock-problems.js";
import { repositoryRoot } from "./repository-files.js";
import { tidyLock } from "./tidy-lock.js";

const readLock = (file: string): LockFile => JSON.parse(readFileSync(`${repositoryRoot}/${file}`, "utf8")) as LockFile;

for (const file of LOCK_FILES) {
  describe(`The lock file ${file}`, () => {
    it("has an entry for every optional dependency, binaries for their own platform only, and no registry's address", () => {
      const lock = readLock(file);
      assert.ok(Object.keys(lock.packages).length > 1);
      assert.deepEqual(findLockProblems(lock), []);
    });

    it("is as it is once tidied", () => {
      const lock = readLock(file);
      assert.deepEqual(tidyLock(lock), lock);
    });
  });
}

describe("A lock file", () => {
  it("is refused when an optional dependency has no entry", () => {
    const packages = {
      "": {},
      "node_modules/a": { optionalDependencies: { "@a/linux": "1.0.0", "@a/windows": "1.0.0" } },
    };
    const installed = { ...packages, "node_modules/@a/linux": {} };
    assert.deepEqual(findLockProblems({ packages: installed }), [
      "@a/windows, optional for node_modules/a, has no entry",
    ]);
  });

  it("is accepted when the entry is nested below its owner or beside it", () => {
    const owner = { optionalDependencies: { b: "1.0.0" } };
    const nested = { "node_modules/a": owner, "node_modules/a/node_modules/b": {} };
    const beside = { "node_modules/x/node_modules/a": owner, "node_modules/x/node_modules/b": {} };
    assert.deepEqual(findLockProblems({ packages: nested }), []);
    assert.deepEqual(findLockProblems({ packages: beside }), []);
  });

  it("is refused when an entry says where it was fetched", () => {
    const packages = { "node_modules/a": { resolved: "https://packages.example/a-1.0.0.tgz" } };
    assert.equal(findLockProblems({ packages }).length, 1);
  });

  it("is refused when binaries for a GPU or another processor would come along, until it is tidied", () => {
    const fetched = { version: "3.0.0", cpu: ["x64"], os: ["linux"], optional: true };
    const lock = {
      packages: {
        "node_modules/@node-llama-cpp/linux-x64": fetched,
        "node_modules/@node-llama-cpp/linux-x64-cuda-ext": fetched,
        "node_modules/@node-llama-cpp/linux-armv7l": { ...fetched, cpu: ["arm", "x64"] },
        "node_modules/@node-llama-cpp/mac-arm64-metal": { ...fetched, cpu: ["arm64"], os: ["darwin"] },
      },
    };
    assert.deepEqual(findLockProblems(lock), [
      "node_modules/@node-llama-cpp/linux-x64-cuda-ext is installed on more platforms than it should be",
      "node_modules/@node-llama-cpp/linux-armv7l is installed on more platforms than it should be",
    ]);
    assert.deepEqual(findLockProblems(tidyLock(lock)), []);
  });

  it("is completed when it is tidied, with the platform that a package's name says", () => {
    const owner = { optionalDependencies: { "@a/darwin-aarch64": "1.0.0", "@a/wasm": "1.0.0" } };
    assert.deepEqual(tidyLock({ packages: { "": {}, "node_modules/a": owner } }).packages, {
      "": {},
      "node_modules/@a/darwin-aarch64": { version: "1.0.0", cpu: ["arm64"], optional: true, os: ["darwin"] },
      "node_modules/@a/wasm": { version: "1.0.0", optional: true },
      "node_modules/a": owner,
    });
    const range = { "node_modules/a": { optionalDependencies: { b: "^1.0.0" } } };
    assert.throws(
      () => tidyLock({ packages: range }),
      /b@\^1\.0\.0, optional for node_modules\/a, is to be added by hand/,
    );
  });
});
