import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { findLockProblems, type LockFile } from "./lock-problems.js";
import { repositoryRoot } from "./repository-files.js";

describe("The lock file", () => {
  it("has an entry for every optional dependency and no registry's address", () => {
    const lock = JSON.parse(readFileSync(`${repositoryRoot}/package-lock.json`, "utf8")) as LockFile;
    assert.ok(Object.keys(lock.packages).length > 1);
    assert.deepEqual(findLockProblems(lock), []);
  });

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
});
