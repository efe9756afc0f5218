import assert from "node:assert/strict";
import { spawnThread, type SpawnWorker, type WorkerEnd, WorkerLink } from "../../src/threads/worker-link.js";
import { Deferred } from "../../src/sync/deferred.js";
import { spawnProcess } from "../support/forked-worker.js";
import type { ObedientCommand, ObedientData, ObedientNotice } from "./obedient-worker.js";

type Link = WorkerLink<ObedientCommand, ObedientNotice>;

const ENTRY = new URL("./obedient-worker.js", import.meta.url);

function start(spawn: SpawnWorker, first: ObedientData["first"] = "ready", entry = ENTRY): Link {
  const data: ObedientData = { first };
  return new WorkerLink({ entry, data, name: "obedient", closeCommand: { type: "close" }, spawn });
}

async function nextNotice(link: Link): Promise<ObedientNotice> {
  const next = new Deferred<ObedientNotice>();
  using _listening = link.onNotice((notice) => next.resolve(notice));
  return await next.promise;
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

function messageOf(end: WorkerEnd | ObedientNotice): string {
  assert.ok(end.type === "failed", `the worker ended with ${end.type}`);
  assert.ok(end.error instanceof Error);
  return end.error.message;
}

for (const [kind, spawn] of [
  ["a thread", spawnThread],
  ["a process", spawnProcess],
] as const) {
  describe(`WorkerLink over ${kind}`, () => {
    it("tells that the worker is ready, with the worker's notice", async () => {
      await using link = start(spawn);
      assert.equal((await link.started).type, "ready");
    });

    it("tells that the worker is unusable, with the worker's words, and that it has exited", async () => {
      const link = start(spawn, "unusable");
      assert.deepEqual(await link.started, { type: "unusable", message: "there is no room" });
      assert.deepEqual(await link.exited, { type: "exited", code: 0 });
    });

    it("tells of an error before the worker is ready as its start, its loss and its end", async () => {
      const link = start(spawn, "throw");
      const ends = await Promise.all([link.started, link.lost, link.exited]);
      assert.deepEqual(
        ends.map(messageOf),
        Array.from(ends, () => "struck at once"),
      );
    });

    it("tells of an exit before the worker is ready as its start, its loss and its end", async () => {
      const link = start(spawn, "exit");
      const ends = await Promise.all([link.started, link.lost, link.exited]);
      assert.deepEqual(
        ends,
        Array.from(ends, () => ({ type: "exited", code: 4 })),
      );
    });

    it("tells of an error of a worker that was ready", async () => {
      const link = start(spawn);
      await link.started;
      link.post({ type: "throw" });
      assert.equal(messageOf(await link.lost), "struck by lightning");
      assert.equal(messageOf(await link.exited), "struck by lightning");
    });

    it("tells of an exit that nobody asked for, with its code", async () => {
      const link = start(spawn);
      await link.started;
      link.post({ type: "exit" });
      assert.deepEqual(await link.lost, { type: "exited", code: 3 });
      assert.deepEqual(await link.exited, { type: "exited", code: 3 });
    });

    it("carries commands there and notices back in order, bytes as bytes, until a listener is disposed of", async () => {
      await using link = start(spawn);
      await link.started;
      const heard: ObedientNotice[] = [];
      const listening = link.onNotice((notice) => heard.push(notice));
      const sent = [1, 2, 3].map((byte) => ({ type: "echo", bytes: Uint8Array.of(byte) }) as const);
      for (const command of sent) link.post(command);
      while (heard.length < sent.length) await nextNotice(link);
      listening[Symbol.dispose]();
      link.post({ type: "echo", bytes: Uint8Array.of(4) });
      await nextNotice(link);
      assert.deepEqual(heard, sent);
    });

    it("lets the worker do what was posted before a close, and loses nothing", async () => {
      const link = start(spawn);
      await link.started;
      const heard: string[] = [];
      link.onNotice(({ type }) => heard.push(type));
      link.post({ type: "echo", bytes: Uint8Array.of(1) });
      assert.deepEqual(await link.close(), { type: "exited", code: 0 });
      assert.deepEqual(heard, ["echo", "closed"]);
      assert.ok(await isPending(link.lost));
    });

    it("asks once to close, however often it is closed", async () => {
      const link = start(spawn);
      const heard: string[] = [];
      link.onNotice(({ type }) => heard.push(type));
      await Promise.all([link.close(), link.close()]);
      await link[Symbol.asyncDispose]();
      assert.deepEqual(heard, ["ready", "closed"]);
    });

    it("posts nothing after a close, nor after the worker's exit", async () => {
      const link = start(spawn);
      await link.started;
      const closed = link.close();
      link.post({ type: "throw" });
      assert.deepEqual(await closed, { type: "exited", code: 0 });
      link.post({ type: "throw" });

      const gone = start(spawn, "exit");
      await gone.exited;
      gone.post({ type: "throw" });
      assert.deepEqual(await gone.close(), { type: "exited", code: 4 });
    });

    it("takes an error in the midst of a close for the worker's end, not for a loss", async () => {
      const link = start(spawn);
      await link.started;
      link.post({ type: "throw" });
      assert.equal(messageOf(await link.close()), "struck by lightning");
      assert.ok(await isPending(link.lost));
    });

    it("ends a worker that does not listen by terminating it", async () => {
      const link = start(spawn);
      await link.started;
      link.post({ type: "block" });
      await nextNotice(link);
      const closed = link.close();
      assert.ok(await isPending(closed));
      link.terminate();
      assert.deepEqual(await closed, { type: "exited", code: 1 });
    });
  });
}

describe("A worker thread", () => {
  it("has its heap for young objects bounded", async () => {
    await using link = start(spawnThread);
    assert.deepEqual(await link.started, { type: "ready", youngHeapMb: 8 });
  });

  it("fails at its start where its module is missing", async () => {
    const link = start(spawnThread, "ready", new URL("./no-such-worker.js", import.meta.url));
    assert.match(messageOf(await link.started), /no-such-worker/);
  });
});
