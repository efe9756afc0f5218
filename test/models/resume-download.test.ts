import assert from "node:assert/strict";
import { readFile, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";

import type { ModelError } from "../../src/models/files/model-error.js";
import type { PullEvent } from "../../src/models/download/pull-event.js";
import {
  answerByRedirect,
  answerFile,
  answerRanges,
  answerStatus,
  type HubAnswer,
  HubServer,
} from "./support/hub-server.js";
import { kindsOf, startResolving } from "./support/resolving.js";
import { ScratchDirectory } from "./support/scratch-directory.js";
import { entryOf, sha256Of, smallGguf } from "./support/small-gguf.js";

describe("A download from the hub that is interrupted", function () {
  this.timeout(60_000);
  const bytes = smallGguf(100_000);
  const spec = "hf:owner/repo/small.gguf";
  let scratch: ScratchDirectory;
  let hub: HubServer;
  beforeEach(async () => {
    scratch = await ScratchDirectory.create();
    hub = await HubServer.start(answerRanges(bytes));
  });
  afterEach(async () => {
    await hub[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  const pathOf = (cacheDir: string): string => join(cacheDir, "owner", "repo@main", "small.gguf");

  /** Pulls, and aborts as soon as this number of bytes has arrived. */
  async function pullUntil(doneBytes: number): Promise<void> {
    const caller = new AbortController();
    const onEvent = (event: PullEvent): void => {
      if (event.kind === "receiving" && event.doneBytes >= doneBytes) caller.abort(new Error("enough"));
    };
    const options = { cacheDir: scratch.path, hubOrigin: hub.origin, signal: caller.signal, onEvent };
    await assert.rejects(startResolving(spec, options).result, { message: "enough" });
  }

  /** Leaves the first part of the file as an interrupted download does. */
  async function leavePart(answer: HubAnswer = answerRanges(bytes)): Promise<number> {
    hub.answer = answer;
    await pullUntil(1);
    const { length } = await readFile(`${pathOf(scratch.path)}.partial`);
    assert.ok(length > 0 && length < bytes.length, `${String(length)} bytes`);
    hub.ranges.length = 0;
    return length;
  }

  const pull = (options = {}) => startResolving(spec, { cacheDir: scratch.path, hubOrigin: hub.origin, ...options });

  it("goes on where it stopped, and counts from there", async () => {
    const offset = await leavePart();
    const { result, events } = pull();
    assert.equal((await result).sha256, sha256Of(bytes));
    assert.deepEqual(hub.ranges, [`bytes=${String(offset)}-`]);
    assert.deepEqual(kindsOf(events), ["fetching", "resuming", "receiving"]);
    const first = events.find(({ kind }) => kind === "receiving");
    assert.ok(first?.kind === "receiving" && first.doneBytes > offset);
    assert.deepEqual(await scratch.listAll(), ["small.gguf", "small.gguf.sha256.json"]);
  });

  it("is the right file in the end, however often and wherever the connection is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 8, maxLength: 30 }), async (cuts) => {
        await using folder = await ScratchDirectory.create();
        const left = [...cuts];
        let end = 0;
        hub.ranges.length = 0;
        hub.answer = answerRanges(bytes, { stopAt: (offset) => (end = offset + (left.shift() ?? bytes.length)) });
        const onEvent = (event: PullEvent): void => {
          if (event.kind === "receiving" && event.doneBytes === end) hub.cutConnections();
        };
        const { result } = startResolving(spec, { cacheDir: folder.path, hubOrigin: hub.origin, onEvent });
        const { path, sha256 } = await result;
        assert.equal(sha256, sha256Of(bytes));
        assert.deepEqual(await readFile(path), bytes);
        assert.ok(hub.ranges.slice(1).every((range) => range !== undefined));
        assert.ok(hub.ranges.length > 1);
      }),
      { numRuns: 10 },
    );
  });

  it("fails at the first try that brings nothing, and keeps what it has for the next call", async () => {
    hub.answer = answerRanges(bytes, { stopAt: () => 50_000 });
    const onEvent = (event: PullEvent): void => {
      if (event.kind !== "receiving" || event.doneBytes !== 50_000) return;
      hub.answer = answerStatus(503);
      hub.cutConnections();
    };
    const { result, events } = pull({ onEvent });
    await assert.rejects(result, { code: "SOURCE_FAILED", message: /HTTP 503/ });
    assert.deepEqual(kindsOf(events), ["fetching", "receiving", "broken-off", "source-failed"]);
    assert.equal((await readFile(`${pathOf(scratch.path)}.partial`)).length, 50_000);
    hub.answer = answerRanges(bytes);
    assert.equal((await pull().result).sha256, sha256Of(bytes));
    assert.equal(hub.ranges.at(-1), "bytes=50000-");
  });

  it("begins anew with a source that takes no notice of ranges", async () => {
    await leavePart();
    hub.answer = answerFile(bytes);
    const { result, events } = pull();
    assert.equal((await result).sha256, sha256Of(bytes));
    assert.deepEqual(kindsOf(events), ["fetching", "discarded", "receiving"]);
  });

  for (const ignoresIfRange of [false, true]) {
    it(`begins anew when the file has changed, also at a source that ${ignoresIfRange ? "ignores" : "heeds"} If-Range`, async () => {
      await leavePart();
      // As long as before: only the tag tells.
      const changed = Buffer.from(bytes).fill(9, 5_000);
      hub.answer = answerRanges(changed, { ignoresIfRange });
      const { result, events } = pull();
      assert.equal((await result).sha256, sha256Of(changed));
      assert.deepEqual(kindsOf(events), ["fetching", "discarded", "receiving"]);
    });
  }

  it("begins anew where the storage has no such range any more", async () => {
    await leavePart();
    const changed = smallGguf(10);
    hub.answer = answerRanges(changed, { ignoresIfRange: true });
    assert.equal((await pull().result).sha256, sha256Of(changed));
    assert.deepEqual(hub.ranges.slice(1), [undefined]);
  });

  it("fetches the whole file once more when its start was damaged meanwhile", async () => {
    await leavePart();
    await writeFile(`${pathOf(scratch.path)}.partial`, "damaged", { flag: "r+" });
    const { result, events } = pull({ catalogue: [entryOf(bytes)] });
    assert.equal((await result).sha256, sha256Of(bytes));
    assert.deepEqual(kindsOf(events), ["fetching", "resuming", "receiving", "discarded", "receiving"]);
  });

  it("removes what is complete and has the wrong checksum", async () => {
    const wrong = Buffer.from(bytes).fill(7, bytes.length - 8);
    hub.answer = answerRanges(wrong);
    await assert.rejects(pull({ catalogue: [entryOf(bytes)] }).result, { message: /wrong checksum/ });
    assert.deepEqual(await scratch.listAll(), []);
  });

  it("needs only the last byte of a file that was complete but not yet in its place", async () => {
    await leavePart();
    await writeFile(`${pathOf(scratch.path)}.partial`, bytes);
    assert.equal((await pull().result).sha256, sha256Of(bytes));
    assert.deepEqual(hub.ranges, [`bytes=${String(bytes.length - 1)}-`]);
  });

  it("does not go on from a part that is a week old, is empty or has no version", async () => {
    const partial = `${pathOf(scratch.path)}.partial`;
    for (const spoil of [
      () => utimes(partial, new Date(), new Date(Date.now() - 8 * 24 * 3_600_000)),
      () => truncate(partial, 0),
      () => writeFile(`${partial}.json`, "{"),
    ]) {
      await leavePart();
      await spoil();
      await pullUntil(1);
      assert.deepEqual(hub.ranges, [undefined]);
    }
  });

  it("needs space only for what is missing, and keeps what it has when there is none", async () => {
    const offset = await leavePart(answerByRedirectToRanges(bytes));
    const spare = 64 * 1024 * 1024;
    const left = bytes.length - offset;
    const tooLittle = pull({ measureFreeBytes: async () => spare + left - 1 });
    await assert.rejects(tooLittle.result, (error: ModelError) => error.code === "NO_SPACE");
    assert.deepEqual(await scratch.listAll(), ["small.gguf.partial", "small.gguf.partial.json"]);
    assert.equal((await pull({ measureFreeBytes: async () => spare + left }).result).sha256, sha256Of(bytes));
  });
});

/** As the hub does with large files, whose storage can go on in the middle. */
function answerByRedirectToRanges(bytes: Uint8Array): HubAnswer {
  const redirect = answerByRedirect(bytes);
  const serve = answerRanges(bytes);
  return (request, response) => (request.url?.startsWith("/storage/") === true ? serve : redirect)(request, response);
}
