import assert from "node:assert/strict";
import { GenerationError } from "../../src/core/generation-error.js";
import { echo, ENDLESS, failureOf, readAll, type RigOptions, SchedulerRig } from "./scheduler-rig.js";

/** Steps of at least 20 ms by the engine's own clock; the scheduler's stands still, so that no step is over by it. */
const RIG: RigOptions = {
  slots: 1,
  engine: { stepMs: 20 },
  stepLimitMs: 10_000_000,
  limits: { queueWaitMs: 1_000, queuePerSlot: 1, creditPieces: 10_000, creditBytes: 1_000_000 },
};
const LONG = { maxOutputTokens: 800, ignoreEndOfGeneration: true };

describe("A run that is being ended", () => {
  const ways: Readonly<
    Record<string, (rig: SchedulerRig, ids: { generationId: string }, call: AbortController) => void>
  > = {
    "its caller's cancel": (rig, ids) => rig.cancel(ids, "immediate"),
    "its caller's soft cancel": (rig, ids) => rig.cancel(ids, "soft"),
    "the end of its call": (_rig, _ids, call) => call.abort(new GenerationError("DEADLINE_EXCEEDED", "too late")),
  };
  for (const [way, end] of Object.entries(ways)) {
    it(`keeps nobody out for longer than its step after ${way}`, async () => {
      await using rig = await SchedulerRig.start(RIG);
      await readAll(rig.submit(echo("measured")));
      const controller = new AbortController();
      const running = rig.submit(ENDLESS, { controller, stopping: LONG });
      await rig.until(() => running.usage().outputTokens > 2);
      const refused = await failureOf(() => rig.submit(echo("a")), "QUEUE_FULL");
      assert.ok((refused.retryAfterMs ?? 0) > 1_000);
      assert.ok(rig.scheduler.load().estimatedWait.lowMs > 1_000);
      end(rig, running, controller);
      assert.equal(rig.busySlots, 1, "the engine has not ended it yet");
      const { lowMs, highMs } = rig.scheduler.load().estimatedWait;
      assert.ok(lowMs <= highMs && highMs < 500, `${lowMs} to ${highMs}`);
      const next = rig.submit(echo("next"), { deadlineMs: 2_000 });
      const [queued] = [await next.next()];
      assert.ok(queued.type === "queued" && queued.waitHighMs < 500, JSON.stringify(queued));
      const full = await failureOf(() => rig.submit(echo("b")), "QUEUE_FULL");
      assert.ok((full.retryAfterMs ?? 0) < 1_000, String(full.retryAfterMs));
      assert.equal((await readAll(next)).text, "next");
    });
  }

  it("has no other run preempted for the call that takes its slot", async () => {
    await using rig = await SchedulerRig.start({ slots: 2, stepLimitMs: 10_000_000, limits: { creditPieces: 4 } });
    const parked = [rig.submit(ENDLESS), rig.submit(ENDLESS)] as const;
    await rig.until(() => parked.every((generation) => generation.parked));
    rig.clock.advance(60_000);
    rig.cancel(parked[1], "immediate");
    assert.equal((await readAll(rig.submit(echo("next")))).text, "next");
    assert.equal(rig.scheduler.load().totals.preemptions, 0);
    const newcomer = rig.submit(echo("a"));
    const waiting = rig.submit(echo("b"));
    assert.deepEqual([(await readAll(newcomer)).text, (await readAll(waiting)).text], ["a", "b"]);
    assert.equal(rig.scheduler.load().totals.preemptions, 1, "without one that ends, the same run gives its slot up");
  });

  it("counts in full where its thinking alone is ended", async () => {
    await using rig = await SchedulerRig.start(RIG);
    await readAll(rig.submit(echo("measured")));
    const running = rig.submit(ENDLESS, { stopping: LONG });
    await rig.until(() => running.usage().outputTokens > 2);
    rig.cancel(running, "end_reasoning");
    await failureOf(() => rig.submit(echo("a")), "QUEUE_FULL");
  });
});
