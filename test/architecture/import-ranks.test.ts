import assert from "node:assert/strict";
import { findImportCycles } from "./import-cycles.js";
import { findForbiddenImports } from "./import-rules.js";
import { pickFiles, readRepositoryFiles, repositoryRoot } from "./repository-files.js";
import { readRoomTable } from "./room-table.js";

const table = readRoomTable(repositoryRoot);

/** What the rules say of one file with the given text. */
function problemsOf(file: string, text: string): readonly string[] {
  return findForbiddenImports(new Map([[file, text]]), table);
}

describe("The import ranks", () => {
  const sources = pickFiles(readRepositoryFiles(), /^src\/.*\.c?ts$/);

  it("hold for every import under src", () => {
    assert.ok(sources.size > 0);
    assert.deepEqual(findForbiddenImports(sources, table), []);
  });

  it("leave no cycle of imports under src", () => {
    assert.deepEqual(findImportCycles(sources), []);
  });

  it("let a room import lower rooms, itself, its packages and built-in modules", () => {
    const text = `
      import { limits } from "../core/limits.js";
      import { Server } from "@grpc/grpc-js";
      import type { Chunk } from "../../generated/rill/v1/chunk.js";
      import { randomUUID } from "node:crypto";
      export { writeChunk } from "./chunk-writer.js";`;
    assert.deepEqual(problemsOf("src/client/writer.ts", text), []);
  });

  const forbidden: readonly (readonly [title: string, file: string, text: string])[] = [
    ["a room of higher rank", "src/engine/run/run.ts", 'import { toStatus } from "../../grpc/status/status.js";'],
    ["a neighbour of equal rank", "src/engine/run/run.ts", 'import { Line } from "../../scheduler/line.js";'],
    ["a type of a neighbour", "src/engine/run/run.ts", 'import type { Line } from "../../scheduler/line.js";'],
    ["a type by import()", "src/engine/run/run.ts", 'export type Line = import("../../scheduler/line.js").Line;'],
    ["a neighbour by export from", "src/engine/run/run.ts", 'export { Line } from "../../scheduler/line.js";'],
    ["a neighbour at run time", "src/engine/run/run.ts", 'await import("../../scheduler/line.js");'],
    ["a neighbour's thread entry", "src/scheduler/link.ts", 'new URL("../engine/thread.js", import.meta.url);'],
    ["core from sync", "src/sync/channel.ts", 'import { limits } from "../core/limits.js";'],
    ["a built-in module from core", "src/core/usage.ts", 'import { hash } from "node:crypto";'],
    ["a package of another room", "src/scheduler/line.ts", 'import { LlamaContext } from "node-llama-cpp";'],
    ["a path inside such a package", "src/admin/page.ts", 'import { x } from "@grpc/grpc-js/build/src/x.js";'],
    ["a package that the table does not know", "src/models/hub.ts", 'import leftPad from "left-pad";'],
    ["a package by require", "src/cli/launcher.cts", 'require("node-llama-cpp");'],
    [
      "generated code outside the protocols",
      "src/cli/serve.ts",
      'import { Chunk } from "../../generated/rill/v1/chunk.js";',
    ],
    ["the tests", "src/cli/serve.ts", 'import { clock } from "../../test/support/clock.js";'],
    ["threads where none start", "src/client/server.ts", 'import { Worker } from "node:worker_threads";'],
    ["a built-in module without its prefix", "src/client/server.ts", 'import fs from "fs";'],
    ["another protocol", "src/rill/writer.ts", 'import { page } from "../admin/page.js";'],
    ["a protocol from the use cases", "src/generation/open.ts", 'import { parse } from "../rill/parse/parse.js";'],
    ["grpc-js from the use cases", "src/generation/open.ts", 'import { status } from "@grpc/grpc-js";'],
    ["a sub-folder of higher rank", "src/engine/run/run.ts", 'import { StepLoop } from "../loop/step-loop.js";'],
    ["a sub-folder of equal rank", "src/scheduler/link/link.ts", 'import { Pace } from "../forecast/pace.js";'],
    ["the room's own files below them", "src/models/gguf/reader.ts", 'import { resolve } from "../resolve.js";'],
    [
      "a folder of higher rank inside a sub-folder",
      "src/prepare/grammar/json/number-grammar.ts",
      'import { readNumber } from "../schema/schema-keywords.js";',
    ],
    [
      "a folder of equal rank inside a sub-folder",
      "src/prepare/grammar/gbnf/read-gbnf.ts",
      'import { checkGrammar } from "../check/check-grammar.js";',
    ],
    [
      "the sub-folder's own files below them",
      "src/prepare/grammar/schema/compile-schema.ts",
      'import { finishGrammar } from "../finish-grammar.js";',
    ],
    ["the composition", "src/client/server.ts", 'import { main } from "../main.js";'],
  ];
  for (const [title, file, text] of forbidden) {
    it(`refuse ${title}`, () => {
      assert.equal(problemsOf(file, text).length, 1);
    });
  }

  it("refuse a sub-folder that the table does not rank", () => {
    assert.deepEqual(problemsOf("src/engine/misc/strings.ts", ""), [
      "src/engine/misc/strings.ts lies in no sub-folder that the table ranks",
    ]);
  });

  it("let a sub-folder import a lower one of its room", () => {
    const text = 'import type { Engine } from "../engine.js"; import { Run } from "../run/run.js";';
    assert.deepEqual(problemsOf("src/engine/loop/step-loop.ts", text), []);
  });

  it("let a folder inside a sub-folder import a lower one, and others reach into it", () => {
    const text =
      'import { RuleBook } from "../rules/rule-book.js"; import { anyValue } from "../json/value-grammar.js";';
    assert.deepEqual(problemsOf("src/prepare/grammar/schema/compile-schema.ts", text), []);
    const outer = 'import { RuleBook } from "./grammar/rules/rule-book.js";';
    assert.deepEqual(problemsOf("src/prepare/prepare-input.ts", outer), []);
  });

  it("refuse an unranked folder inside a sub-folder that ranks its folders, and no other", () => {
    assert.deepEqual(problemsOf("src/prepare/grammar/misc/strings.ts", ""), [
      "src/prepare/grammar/misc/strings.ts lies in no sub-folder that the table ranks",
    ]);
    assert.deepEqual(problemsOf("src/engine/run/guard/strings.ts", ""), []);
  });

  it("refuse a folder that is no room", () => {
    assert.deepEqual(problemsOf("src/utils/strings.ts", ""), ["src/utils/strings.ts lies in no room of the table"]);
  });

  it("are not fooled by imports inside strings and comments", () => {
    const text = 'const x = `import { a } from "../rpc/a.js"`; // import "../rpc/b.js"';
    assert.deepEqual(problemsOf("src/core/usage.ts", text), []);
  });

  it("find a cycle through three files, and none in a diamond", () => {
    const cycle = new Map([
      ["src/core/a.ts", 'import "./b.js";'],
      ["src/core/b.ts", 'import type { C } from "./c.js";'],
      ["src/core/c.ts", 'export * from "./a.js";'],
    ]);
    assert.deepEqual(findImportCycles(cycle), ["src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts"]);
    const diamond = new Map([
      ["src/core/a.ts", 'import "./b.js"; import "./c.js";'],
      ["src/core/b.ts", 'import "./d.js";'],
      ["src/core/c.ts", 'import "./d.js";'],
      ["src/core/d.ts", ""],
    ]);
    assert.deepEqual(findImportCycles(diamond), []);
  });
});
