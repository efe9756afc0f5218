import assert from "node:assert/strict";
import { SCRIPT } from "../support/scripted-engine.js";
import { echo, ENDLESS, failureOf, readAll, runOf, SchedulerRig } from "./scheduler-rig.js";

describe("Scheduler when the engine is lost", () => {
  it("ends all that run, wait or are being prepared with ENGINE_LOST, and the lifecycle fails", async () => {
    await using rig = await SchedulerRig.start({ slots: 2 });
    const controllers = [
      new AbortController(),
      new AbortController(),
      new AbortController(),
      new AbortController(),
    ] as const;
    const [first, second, third, fourth] = controllers;
    const preparing = rig.open({ controller: third, requestId: "mine" });
    const running = rig.submit(ENDLESS, { controller: first });
    await rig.until(() => running.parked);
    const dying = rig.submit(echo("ab", SCRIPT.DIE), { controller: second });
    const waiting = rig.submit(echo("a"), { controller: fourth });
    const errors = await Promise.all(
      [running, dying, waiting, preparing].map((generation) => failureOf(readAll(generation), "ENGINE_LOST")),
    );
    for (const error of errors) assert.doesNotMatch(error.message, /script/);
    assert.equal(rig.lifecycle.current, "failed");
    await failureOf(() => rig.scheduler.submit(preparing, runOf(echo("a"))), "ENGINE_LOST");
    const refusal = await failureOf(() => rig.open(), "ENGINE_LOST");
    assert.ok(refusal.retryAfterMs !== undefined);
    assert.equal(rig.scheduler.load().totals.ended.get("ENGINE_LOST"), 3);
    await rig.scheduler.drained();
    rig.assertBaseline(controllers.map(({ signal }) => signal));
  });

  it("still hands out what had come to its end", async () => {
    await using rig = await SchedulerRig.start();
    const complete = rig.submit(echo("complete"));
    await rig.until(() => complete.state === "ended");
    await failureOf(readAll(rig.submit(echo("a", SCRIPT.DIE))), "ENGINE_LOST");
    const { text, finished } = await readAll(complete);
    assert.deepEqual([text, finished.reason, finished.usage.deliveredTokens], ["complete", "end_of_turn", 8]);
    await rig.scheduler.drained();
  });

  it("keeps the error of what was aborted before", async () => {
    await using rig = await SchedulerRig.start();
    const leaving = rig.submit(ENDLESS);
    await rig.until(() => leaving.parked);
    const dying = rig.submit(echo("a", SCRIPT.DIE));
    rig.cancel({ generationId: leaving.generationId }, "immediate");
    await failureOf(readAll(dying), "ENGINE_LOST");
    await failureOf(leaving.next(), "CANCELLED_BY_REQUEST");
    await rig.scheduler.drained();
  });

  it("gives up an engine that stands still", async () => {
    const rig = await SchedulerRig.start({ stepLimitMs: 3_000 });
    const hanging = rig.submit(echo("a", SCRIPT.BLOCK));
    rig.clock.advance(4_000);
    await failureOf(readAll(hanging), "ENGINE_LOST");
    assert.equal(rig.lifecycle.current, "failed");
    rig.assertBaseline();
    const closing = rig[Symbol.asyncDispose]();
    rig.clock.advance(10_000);
    await closing;
  });
});
