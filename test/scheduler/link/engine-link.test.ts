import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { EngineCommand, EngineNotice } from "../../../src/core/engine-messages.js";
import { CommandOutbox, EngineLink } from "../../../src/scheduler/link/engine-link.js";
import { Deferred } from "../../../src/sync/deferred.js";
import { spawnProcess } from "../../support/forked-worker.js";
import { ManualClock } from "../../support/manual-clock.js";
import { SCRIPT } from "../../support/scripted-engine.js";
import type { ScriptedWorkerOptions } from "../../support/scripted-worker.js";
import { RecordingLogger } from "../recording-logger.js";
import { echo, runOf, SCRIPTED_WORKER } from "../scheduler-rig.js";

interface Start {
  readonly link: EngineLink;
  readonly clock: ManualClock;
  readonly log: RecordingLogger;
}

async function start(
  workerData: ScriptedWorkerOptions = {},
  stepLimitMs = 30_000,
  entry = SCRIPTED_WORKER,
): Promise<Start> {
  const clock = new ManualClock();
  const log = new RecordingLogger();
  return { link: await EngineLink.start({ entry, workerData, stepLimitMs, clock, log }), clock, log };
}

function startRun(link: EngineLink, runId: number, inputTokens: Uint32Array): void {
  link.send({ type: "start", run: { ...runOf(inputTokens).spec, runId }, credit: { pieces: 32, bytes: 4_096 } });
}

async function nextNotice(link: EngineLink): Promise<EngineNotice> {
  const next = new Deferred<EngineNotice>();
  using _listening = link.onNotice((notice) => next.resolve(notice));
  return await next.promise;
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

describe("EngineLink", () => {
  it("serves and closes an engine in a process of its own as one in a thread", async () => {
    const clock = new ManualClock();
    const log = new RecordingLogger();
    const options = { entry: SCRIPTED_WORKER, workerData: {}, stepLimitMs: 30_000, clock, log, spawn: spawnProcess };
    const link = await EngineLink.start(options);
    assert.equal(link.facts.release, "scripted");
    const ended = new Deferred<string>();
    let text = "";
    link.onNotice((notice) => {
      if (notice.type !== "step") return;
      for (const { pieces, end } of notice.updates) {
        for (const piece of pieces) text += piece.text;
        if (end !== undefined) ended.resolve(text);
      }
    });
    startRun(link, 1, echo("over the IPC"));
    assert.equal(await ended.promise, "over the IPC");
    await link[Symbol.asyncDispose]();
    assert.equal(await isPending(link.lost), true);
    assert.deepEqual(log.lines, []);
  });

  it("starts when the engine is ready and knows its facts", async () => {
    const { link } = await start({ sequences: 3, contextTokens: 512 });
    await using _link = link;
    assert.deepEqual(link.facts, { contextTokens: 512, sequences: 3, threads: 1, release: "scripted" });
  });

  it("refuses to start with the engine's own words when it is unusable", async () => {
    await assert.rejects(start({ unusable: "no room for the context; lower --slots" }), {
      message: "no room for the context; lower --slots",
    });
  });

  it("refuses to start when the worker dies before it is ready", async () => {
    await assert.rejects(start({}, 30_000, new URL("../no-such-worker.js", import.meta.url)), /no-such-worker/);
  });

  it("carries commands there and notices back, to whoever listens", async () => {
    const { link } = await start();
    await using _link = link;
    const heard: EngineNotice[] = [];
    const listening = link.onNotice((notice) => heard.push(notice));
    link.send({ type: "ping", pingId: 7 });
    const notice = await nextNotice(link);
    assert.deepEqual(notice, { type: "pong", pingId: 7, stepNumber: undefined });
    listening[Symbol.dispose]();
    link.send({ type: "ping", pingId: 8 });
    await nextNotice(link);
    assert.deepEqual(heard, [notice]);
  });

  it("carries every command of one message", async () => {
    const { link } = await start({ cycle: true });
    await using _link = link;
    const ended = new Deferred<void>();
    using _listening = link.onNotice((notice) => {
      if (notice.type === "step" && notice.updates.some(({ end }) => end !== undefined)) ended.resolve();
    });
    startRun(link, 1, echo("abc"));
    // The credit waits for the end of the turn, and so goes with the cancel.
    link.send({ type: "credit", runId: 1, credit: { pieces: 1, bytes: 1 } });
    link.send({ type: "cancel", runId: 1, mode: "immediate" });
    await ended.promise;
  });

  it("closes cleanly: the worker finishes by itself and nothing is lost", async () => {
    const { link, clock, log } = await start();
    await link[Symbol.asyncDispose]();
    await link[Symbol.asyncDispose]();
    link.send({ type: "ping", pingId: 1 });
    assert.equal(await isPending(link.lost), true);
    assert.equal(clock.pendingTimers, 0);
    assert.deepEqual(log.lines, []);
  });

  it("is lost when the worker dies in a run, and says why once", async () => {
    const { link, clock, log } = await start();
    await using _link = link;
    startRun(link, 1, echo("ab", SCRIPT.DIE));
    assert.match((await link.lost).message, /the script says die/);
    assert.deepEqual(
      log.lines.map((line) => [line.level, line.message]),
      [["error", "the engine is lost"]],
    );
    assert.equal(clock.pendingTimers, 0);
  });

  it("warns once that other processes take the cores, and only notes what changes after that", async () => {
    const { link, log } = await start({ threadChanges: 3 });
    await using _link = link;
    for (let pingId = 1; log.lines.length < 3; pingId++) {
      link.send({ type: "ping", pingId });
      await nextNotice(link);
    }
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ["warn", "info", "info"],
    );
    assert.deepEqual(log.lines[0]?.fields, { threads: 1, most: 2, coresGiven: 0.46, remedy: "--threads N" });
  });

  it("asks for a sign of life only while a run is active", async () => {
    const { link, clock } = await start();
    await using _link = link;
    assert.equal(clock.pendingTimers, 0);
    startRun(link, 1, echo("a"));
    assert.notEqual(clock.pendingTimers, 0);
    for (let ended = false; !ended;) {
      const notice = await nextNotice(link);
      ended = notice.type === "step" && notice.updates.some((update) => update.end !== undefined);
    }
    assert.equal(clock.pendingTimers, 0);
  });

  it("is lost when a step runs beyond its limit though the thread still answers", async () => {
    const { link, clock } = await start({}, 20);
    startRun(link, 1, echo("a", SCRIPT.HANG));
    const lost = link.lost.then(() => "lost" as const);
    let last: EngineNotice | "lost" = await Promise.race([nextNotice(link), lost]);
    while (last !== "lost") {
      clock.advance(20);
      last = await Promise.race([nextNotice(link), lost]);
    }
    assert.match((await link.lost).message, /a step of the engine has been running for \d+ ms, its limit is 20 ms/);
    await terminated(link, clock);
  });

  it("is lost when the thread stands still and does not answer at all", async () => {
    const { link, clock } = await start({}, 3_000);
    startRun(link, 1, echo("a", SCRIPT.BLOCK));
    clock.advance(4_000);
    assert.match((await link.lost).message, /has not answered for 3000 ms/);
    await terminated(link, clock);
  });

  it("sends nothing and hears nothing once it is lost", async () => {
    const { link, clock } = await start({}, 3_000);
    const heard: EngineNotice[] = [];
    startRun(link, 1, echo("a", SCRIPT.BLOCK));
    clock.advance(4_000);
    await link.lost;
    link.onNotice((notice) => heard.push(notice));
    startRun(link, 2, echo("b"));
    assert.equal(clock.pendingTimers, 0);
    await terminated(link, clock);
    assert.deepEqual(heard, []);
  });
});

/** Closes a worker that cannot finish: it is terminated, but not before its time is up. */
async function terminated(link: EngineLink, clock: ManualClock): Promise<void> {
  const closing = link[Symbol.asyncDispose]();
  clock.advance(9_999);
  assert.equal(await isPending(closing), true);
  clock.advance(1);
  await closing;
}

const credit = (runId: number): EngineCommand => ({ type: "credit", runId, credit: { pieces: 1, bytes: 1 } });
const cancel = (runId: number): EngineCommand => ({ type: "cancel", runId, mode: "immediate" });

describe("CommandOutbox", () => {
  let posted: (readonly EngineCommand[])[];
  let outbox: CommandOutbox;
  beforeEach(() => {
    posted = [];
    outbox = new CommandOutbox((commands) => posted.push(commands));
  });

  it("puts the credit of one turn of the event loop into one message", async () => {
    outbox.send(credit(1));
    outbox.send(credit(2));
    assert.deepEqual(posted, []);
    await nextTurn();
    outbox.send(credit(3));
    await nextTurn();
    assert.deepEqual(posted, [[credit(1), credit(2)], [credit(3)]]);
  });

  it("sends all else at once, after the credit that waits", async () => {
    outbox.send(cancel(1));
    outbox.send(credit(2));
    outbox.send(cancel(3));
    assert.deepEqual(posted, [[cancel(1)], [credit(2), cancel(3)]]);
    await nextTurn();
    assert.equal(posted.length, 2);
  });

  it("sends credit that comes after such a message with its own turn", async () => {
    outbox.send(credit(1));
    outbox.send(cancel(1));
    outbox.send(credit(2));
    assert.equal(posted.length, 1);
    await nextTurn();
    assert.deepEqual(posted[1], [credit(2)]);
  });
});
