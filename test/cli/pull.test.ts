import assert from "node:assert/strict";
import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { answerByRedirect, answerFile, answerInHalves, answerRanges, HubServer } from "../models/support/hub-server.js";
import { PullProcess } from "../models/support/pull-process.js";
import { ScratchDirectory } from "../models/support/scratch-directory.js";
import { sha256Of, SMALL_METADATA, smallGguf } from "../models/support/small-gguf.js";
import { encodeSplitGguf } from "../support/gguf-writer.js";

describe("rill pull", function () {
  this.timeout(30_000);
  const bytes = smallGguf(1_000_000);
  const spec = "hf:owner/repo/small.gguf";
  const noGate = new Promise<void>(() => {});
  let scratch: ScratchDirectory;
  let hub: HubServer;
  beforeEach(async () => {
    scratch = await ScratchDirectory.create();
    hub = await HubServer.start(answerByRedirect(bytes));
  });
  afterEach(async () => {
    await hub[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  const argsOf = (model: string): string[] => [model, "--model-cache", scratch.path, "--hub", hub.origin];

  it("fetches, shows a line for each tenth, and prints digest and path as sha256sum does", async () => {
    await using pull = new PullProcess(argsOf(spec));
    const { exitCode, output, complaint } = await pull.ended();
    assert.equal(output, `${sha256Of(bytes)}  ${join(scratch.path, "owner", "repo@main", "small.gguf")}\n`);
    assert.equal(exitCode, 0);
    assert.match(complaint, /^downloading the model from the model hub: http.*small\.gguf\n/);
    assert.match(complaint, /receiving 100 % \(3\.8 MiB\)$/);
    assert.ok(complaint.split("\n").length <= 11);
  });

  it("checks a file that is there, and says so", async () => {
    await using first = new PullProcess(argsOf(spec));
    await first.ended();
    await using second = new PullProcess(argsOf(spec));
    const { exitCode, output, complaint } = await second.ended();
    assert.equal(exitCode, 0);
    assert.match(output, new RegExp(`^${sha256Of(bytes)} `));
    assert.match(complaint, /checking SHA-256 100 %/);
    assert.equal(hub.requests.length, 2);
  });

  it("prints digest and path of each part of a split model", async () => {
    const parts = encodeSplitGguf(SMALL_METADATA, [{ name: "a", shape: [64], data: new Float32Array(64) }], 2);
    const paths = [1, 2].map((number) => join(scratch.path, `model-0000${number}-of-00002.gguf`));
    for (const [index, part] of parts.entries()) await writeFile(paths[index] ?? "", part);
    await using pull = new PullProcess(argsOf(paths[0] ?? ""));
    const { exitCode, output } = await pull.ended();
    assert.equal(exitCode, 0);
    assert.equal(output, parts.map((part, index) => `${sha256Of(part)}  ${paths[index]}\n`).join(""));
  });

  it("ends with 1 and one message when the model can't be had", async () => {
    hub.answer = answerFile(Buffer.from("not a model"));
    await using pull = new PullProcess(argsOf(spec));
    const { exitCode, output, complaint } = await pull.ended();
    assert.equal(exitCode, 1);
    assert.equal(output, "");
    assert.match(complaint, /rill pull: the model could not be fetched\. Tried:\n {2}hub .*not a GGUF/);
    assert.doesNotMatch(complaint, /\n\s+at /);
  });

  it("ends with 2 on a wrong call", async () => {
    const calls = [
      [],
      [spec, "--nonsense"],
      ["no-such-name"],
      ["hf:owner"],
      [spec, "--hub", "ftp://x"],
      [spec, "--hub", "http://x/path"],
    ];
    for (const args of calls) {
      await using pull = new PullProcess(args);
      assert.equal((await pull.ended()).exitCode, 2, args.join(" "));
    }
  });

  it("removes what nobody could go on from at Ctrl-C, and ends with 130", async () => {
    hub.answer = answerInHalves(bytes, noGate);
    await using pull = new PullProcess(argsOf(spec));
    await pull.said(/receiving 50 %/);
    assert.equal((await scratch.listAll()).length, 2);
    pull.child.kill("SIGINT");
    assert.equal((await pull.ended()).exitCode, 130);
    assert.deepEqual(await scratch.listAll(), []);
  });

  it("goes on from where it was interrupted, with a line that says so", async () => {
    const etag = `"${sha256Of(bytes).slice(0, 16)}"`;
    hub.answer = answerInHalves(bytes, noGate, { etag });
    await using first = new PullProcess(argsOf(spec));
    await first.said(/receiving 50 %/);
    first.child.kill("SIGINT");
    assert.equal((await first.ended()).exitCode, 130);
    assert.deepEqual(await scratch.listAll(), ["small.gguf.partial", "small.gguf.partial.json"]);
    hub.answer = answerRanges(bytes);
    await using second = new PullProcess(argsOf(spec));
    const { exitCode, output, complaint } = await second.ended();
    assert.equal(exitCode, 0);
    assert.match(output, new RegExp(`^${sha256Of(bytes)} `));
    assert.match(complaint, /^downloading .*\nresuming after 1\.9 MiB\nreceiving 60 %/);
    assert.deepEqual(hub.ranges, [undefined, `bytes=${String(Math.ceil(bytes.length / 2))}-`]);
    assert.deepEqual(await scratch.listAll(), ["small.gguf", "small.gguf.sha256.json"]);
  });

  it("starts clean after a kill in mid-download", async () => {
    hub.answer = answerInHalves(bytes, noGate);
    await using killed = new PullProcess(argsOf(spec));
    await killed.said(/receiving 50 %/);
    killed.child.kill("SIGKILL");
    await killed.ended();
    const left = await scratch.listAll();
    assert.deepEqual(left, ["small.gguf.lock", "small.gguf.partial"]);
    const directory = join(scratch.path, "owner", "repo@main");
    await writeFile(join(directory, "small.gguf.work-1"), "a wheel of a process long gone");
    // As if its time had passed: a lock that is not renewed counts as a dead process's after some seconds.
    await utimes(join(directory, "small.gguf.lock"), new Date(0), new Date(0));
    hub.answer = answerByRedirect(bytes);
    await using next = new PullProcess(argsOf(spec));
    assert.equal((await next.ended()).exitCode, 0);
    assert.deepEqual(await scratch.listAll(), ["small.gguf", "small.gguf.sha256.json"]);
  });

  it("downloads once when two processes pull at once", async () => {
    let open: () => void = () => {};
    hub.answer = answerInHalves(bytes, new Promise((resolve) => (open = resolve)));
    await using first = new PullProcess(argsOf(spec));
    await first.said(/receiving 50 %/);
    await using second = new PullProcess(argsOf(spec));
    await second.said(/another process is downloading/);
    open();
    const ends = await Promise.all([first.ended(), second.ended()]);
    assert.deepEqual(
      ends.map(({ exitCode }) => exitCode),
      [0, 0],
    );
    assert.equal(ends[0].output, ends[1].output);
    assert.deepEqual(hub.requests, ["/owner/repo/resolve/main/small.gguf"]);
  });
});
