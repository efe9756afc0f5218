import assert from "node:assert/strict";
import { findMachineTraces } from "./machine-traces.js";
import { readRepositoryFiles } from "./repository-files.js";

// The planted traces are put together here, so that this file holds none itself.
const slash = "/";

describe("The repository", () => {
  it("holds no absolute path of a machine and no registry host", () => {
    const files = readRepositoryFiles();
    assert.ok(files.has("package.json"));
    const traces = [...files].flatMap(([path, text]) => findMachineTraces(text).map((trace) => `${path}:${trace}`));
    assert.deepEqual(traces, []);
  });

  for (const folder of ["work", "root", "home", "Users"]) {
    it(`is refused when a file names something under the machine's ${folder} folder`, () => {
      const planted = `${slash}${folder}${slash}someone/rill`;
      assert.deepEqual(findMachineTraces(`first\ncd "${planted}"`), [`2: ${planted}`]);
    });
  }

  it("is refused when a file names a registry host, alone or in an address", () => {
    const host = ["registry", "npmjs", "org"].join(".");
    assert.deepEqual(findMachineTraces(`see ${host}.`), [`1: ${host}`]);
    assert.deepEqual(findMachineTraces(`https://${host}/rill`), [`1: ${host}`]);
  });

  it("may name relative paths and addresses that merely look alike", () => {
    const texts = ["src/work/file.ts", "https://example.org/home/page", "./root/x", "$PREFIX/home/x", "notpypi.organ"];
    assert.deepEqual(texts.flatMap(findMachineTraces), []);
  });
});
