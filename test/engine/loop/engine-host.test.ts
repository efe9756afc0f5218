import assert from "node:assert/strict";
import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import type { ScriptedWorkerOptions } from "../../support/scripted-worker.js";
import { runEngineHost } from "../../../src/engine/loop/engine-host.js";
import type { EngineCommand, EngineNotice } from "../../../src/core/engine-messages.js";
import { Deferred } from "../../../src/sync/deferred.js";
import { spawnThread } from "../../../src/threads/worker-link.js";
import { ThreadChannel } from "../../../src/threads/host-channel.js";
import { spawnProcess } from "../../support/forked-worker.js";
import { ManualClock } from "../../support/manual-clock.js";
import { SCRIPT, ScriptedEngine } from "../../support/scripted-engine.js";
import { EngineWorker } from "../engine-worker.js";
import { AMPLE_CREDIT, specOf, type RunRequest } from "../loop-harness.js";
import { someTurns } from "../scripted-loop.js";

const ENTRY = new URL("../../support/scripted-worker.js", import.meta.url);

function start(worker: EngineWorker, runId: number, request: RunRequest): void {
  worker.send({ type: "start", run: specOf(runId, request), credit: request.credit ?? AMPLE_CREDIT });
}

function textOf(worker: EngineWorker, runId: number): string {
  const updates = worker.notices.flatMap((notice) => (notice.type === "step" ? notice.updates : []));
  const pieces = updates.filter((update) => update.runId === runId).flatMap((update) => update.pieces);
  return pieces.map((piece) => piece.text).join("");
}

for (const [kind, spawn] of [
  ["a thread", spawnThread],
  ["a process", spawnProcess],
] as const) {
  describe(`engine host, in ${kind} of its own`, () => {
    const scriptedWorker = (options: ScriptedWorkerOptions = {}): EngineWorker =>
      new EngineWorker(ENTRY, options, spawn);

    it("first says that it is ready, with the engine's facts", async () => {
      await using worker = scriptedWorker({ sequences: 3, contextTokens: 100 });
      await worker.notice("ready");
      assert.deepEqual(worker.notices, [
        { type: "ready", facts: { contextTokens: 100, sequences: 3, threads: 1, release: "scripted" } },
      ]);
    });

    it("runs what it is told to, through the wall", async () => {
      await using worker = scriptedWorker();
      start(worker, 1, { prompt: "over the wall: é 😀" });
      await worker.end(1);
      assert.equal(textOf(worker, 1), "over the wall: é 😀");
    });

    it("parks a run without credit, takes credit and cancels", async () => {
      await using worker = scriptedWorker({ cycle: true });
      start(worker, 1, { prompt: "abc", credit: { pieces: 2, bytes: 99 } });
      await worker.notice("step");
      worker.send({ type: "credit", runId: 1, credit: { pieces: 2, bytes: 99 } });
      worker.send({ type: "cancel", runId: 1, mode: "soft" });
      await worker.end(1);
      assert.ok("abca".startsWith(textOf(worker, 1)));
    });

    it("answers a ping in the middle of a step, and names that step as long as it lasts", async () => {
      await using worker = scriptedWorker();
      start(worker, 1, { prompt: [104, SCRIPT.HANG] });
      await worker.notice("step");
      const steps: number[] = [];
      for (let pingId = 1; steps.length < 3; pingId++) {
        const told = worker.notices.length;
        worker.send({ type: "ping", pingId });
        const pong = await worker.notice("pong", told);
        assert.equal(pong.pingId, pingId);
        if (pong.stepNumber !== undefined) steps.push(pong.stepNumber);
      }
      const hanging = steps.at(-1);
      assert.ok(hanging !== undefined && hanging > 0);
      worker.send({ type: "ping", pingId: 1_000 });
      assert.equal((await worker.notice("pong", worker.notices.length)).stepNumber, hanging);
    });

    it("says between steps that none is running", async () => {
      await using worker = scriptedWorker();
      worker.send({ type: "ping", pingId: 7 });
      assert.deepEqual(await worker.notice("pong"), { type: "pong", pingId: 7, stepNumber: undefined });
    });

    it("ends all runs when it is closed, and the worker with it", async () => {
      await using worker = scriptedWorker({ cycle: true });
      start(worker, 1, { prompt: "abc" });
      start(worker, 2, { prompt: "def", credit: { pieces: 0, bytes: 0 } });
      await worker.notice("step");
      worker.send({ type: "close" });
      assert.deepEqual(await worker.exited, { type: "exited", code: 0 });
      assert.equal(worker.notices.at(-1)?.type, "closed");
      await worker.end(1);
      await worker.end(2);
    });

    it("dies of an engine that breaks its promises, for its supervisor to see", async () => {
      await using worker = scriptedWorker();
      start(worker, 1, { prompt: [104, SCRIPT.DIE] });
      const end = await worker.exited;
      assert.ok(end.type === "failed");
      assert.equal(end.error.message, "the script says die");
    });
  });
}

describe("engine host, between steps", () => {
  it("carries out what came in a step's last moment before the next step begins", async () => {
    const { port1: far, port2 } = new MessageChannel();
    const channel = new ThreadChannel<readonly EngineCommand[], EngineNotice>(port2);
    const send = (command: EngineCommand): void => far.postMessage([command]);
    const engine = new ScriptedEngine({ cycle: true });
    const step = engine.step.bind(engine);
    engine.step = async (work) => {
      const results = await step(work);
      // No turn of the event loop comes between this and the next step.
      if (engine.steps === 3) send({ type: "cancel", runId: 1, mode: "immediate" });
      return results;
    };
    const steps: Extract<EngineNotice, { type: "step" }>[] = [];
    far.on("message", (notice: EngineNotice) => {
      if (notice.type !== "step") return;
      steps.push(notice);
      if (notice.updates.some((update) => update.end !== undefined)) send({ type: "close" });
    });
    const hosted = runEngineHost({ engine, channel, prefill: { budgetMs: 1_000, maxTokens: 512 } });
    send({ type: "start", run: specOf(1, { prompt: "abc" }), credit: AMPLE_CREDIT });
    await Promise.all([hosted, once(far, "close")]);
    assert.equal(engine.steps, 3);
    assert.equal(steps.length, 3, "the end goes out with the step's own notice");
  });

  it("stands still where a run has ended, until it is told that its slot is handed over", async () => {
    const { port1: far, port2 } = new MessageChannel();
    const channel = new ThreadChannel<readonly EngineCommand[], EngineNotice>(port2);
    const send = (command: EngineCommand): void => far.postMessage([command]);
    const engine = new ScriptedEngine({ cycle: true });
    const ended = new Deferred<void>();
    far.on("message", (notice: EngineNotice) => {
      if (notice.type === "step" && notice.updates.some(({ stage }) => stage === "ended")) ended.resolve();
    });
    const prefill = { budgetMs: 1_000, maxTokens: 512 };
    // Its time stands still: nothing but the word can end the wait.
    const hosted = runEngineHost({ engine, channel, prefill, clock: new ManualClock() });
    send({ type: "start", run: specOf(1, { prompt: "stays" }), credit: AMPLE_CREDIT });
    const leaving = specOf(2, { prompt: "leaves", stopping: { maxOutputTokens: 2 } });
    send({ type: "start", run: leaving, credit: AMPLE_CREDIT });
    await ended.promise;
    const { steps } = engine;
    await someTurns();
    assert.equal(engine.steps, steps);
    send({ type: "slots_handed_over" });
    while (engine.steps === steps) await someTurns();
    send({ type: "close" });
    await Promise.all([hosted, once(far, "close")]);
  });
});
