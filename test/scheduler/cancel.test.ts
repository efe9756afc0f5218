import assert from "node:assert/strict";
import type { CancelMode, EngineCommand } from "../../src/core/engine-messages.js";
import type { Generation } from "../../src/scheduler/generation/generation.js";
import { echo, ENDLESS, failureOf, readAll, runOf, SchedulerRig } from "./scheduler-rig.js";

describe("Scheduler.cancel", () => {
  it("finds a generation by either of its names and answers the state it met", async () => {
    await using rig = await SchedulerRig.start();
    const first = rig.open({ requestId: "mine" });
    const answer = rig.cancel({ requestId: "mine" }, "immediate");
    assert.deepEqual(answer, { generationId: first.generationId, tenant: "", state: "preparing" });
    const second = rig.submit(ENDLESS);
    await rig.until(() => second.parked);
    assert.equal(rig.cancel({ generationId: second.generationId }, "immediate").state, "parked");
    await rig.until(() => rig.busySlots === 0);
    rig.assertBaseline();
  });

  it("does not find what never was, or has ended", async () => {
    await using rig = await SchedulerRig.start();
    await failureOf(() => rig.cancel({ requestId: "never" }, "soft"), "GENERATION_NOT_FOUND");
    const generation = rig.submit(echo("a"), { requestId: "mine" });
    await readAll(generation);
    await failureOf(() => rig.cancel({ requestId: "mine" }, "immediate"), "GENERATION_NOT_FOUND");
    await failureOf(() => rig.cancel({ generationId: generation.generationId }, "immediate"), "GENERATION_NOT_FOUND");
  });

  it("immediate ends the target's reads with CANCELLED_BY_REQUEST, in any state", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const running = rig.submit(ENDLESS);
    const waiting = rig.submit(echo("a"));
    const preparing = rig.open();
    const cancel = ({ generationId }: Generation): unknown => rig.cancel({ generationId }, "immediate");
    for (const generation of [preparing, waiting, running]) {
      cancel(generation);
      await failureOf(generation.next(), "CANCELLED_BY_REQUEST");
    }
    await rig.until(() => rig.busySlots === 0);
    rig.assertBaseline();
  });

  it("soft lets the run end at its next token with a proper finish", async () => {
    await using rig = await SchedulerRig.start();
    const generation = rig.submit(ENDLESS);
    await rig.until(() => generation.parked);
    rig.cancel({ generationId: generation.generationId }, "soft");
    const { finished, pieces } = await readAll(generation);
    assert.equal(finished.reason, "cancelled_softly");
    const tokens = pieces.flatMap((piece) => piece.tokenIds).length;
    assert.deepEqual([finished.usage.outputTokens, finished.usage.deliveredTokens], [tokens, tokens]);
    assert.ok(tokens >= 32);
    rig.assertBaseline();
  });

  it("end_reasoning is handed on to the engine where the run has begun, and ends nothing", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const running = rig.submit(ENDLESS);
    await rig.until(() => running.parked);
    const waiting = rig.submit(echo("a"));
    const preparing = rig.open();
    const sent: EngineCommand[] = [];
    const send = rig.link.send.bind(rig.link);
    rig.link.send = (command) => void sent.push(command);
    const cancel = ({ generationId }: Generation): string => rig.cancel({ generationId }, "end_reasoning").state;
    assert.deepEqual([running, waiting, preparing].map(cancel), ["parked", "waiting", "preparing"]);
    assert.deepEqual(
      sent.map((command) => command.type === "cancel" && command.mode),
      ["end_reasoning"],
    );
    rig.link.send = send;
    assert.deepEqual([running.state, waiting.state, preparing.state], ["parked", "waiting", "preparing"]);
    for (const generation of [preparing, waiting, running]) generation[Symbol.dispose]();
    await rig.until(() => rig.busySlots === 0);
    rig.assertBaseline();
  });

  it("soft finishes one that waits, without a token, and frees its queue entry at once", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const holder = rig.submit(ENDLESS);
    const generation = rig.submit(echo("abc"));
    rig.clock.advance(50);
    rig.cancel({ generationId: generation.generationId }, "soft");
    assert.equal(rig.scheduler.load().queues.interactive.waiting, 0);
    const { finished } = await readAll(generation);
    assert.equal(finished.reason, "cancelled_softly");
    assert.deepEqual(finished.usage, {
      inputTokens: 3,
      reusedInputTokens: 0,
      outputTokens: 0,
      reasoningTokens: 0,
      deliveredTokens: 0,
    });
    assert.equal(finished.timings.totalMs, 50);
    assert.equal(finished.timings.queueMs, 50);
    holder[Symbol.dispose]();
    await rig.until(() => rig.busySlots === 0);
    rig.assertBaseline();
  });

  it("soft finishes one that is being prepared; its submit is accepted and starts nothing", async () => {
    await using rig = await SchedulerRig.start();
    const generation = rig.open();
    rig.cancel({ generationId: generation.generationId }, "soft");
    rig.scheduler.submit(generation, runOf(echo("abc")));
    assert.equal(rig.busySlots, 0);
    const { finished } = await readAll(generation);
    assert.equal(finished.reason, "cancelled_softly");
    assert.equal(rig.scheduler.load().totals.ended.get("cancelled_softly"), 1);
    rig.assertBaseline();
  });

  for (const mode of ["immediate", "soft"] satisfies CancelMode[]) {
    it(`${mode} of a generation that is ending already is answered and changes nothing`, async () => {
      await using rig = await SchedulerRig.start();
      const generation = rig.submit(ENDLESS);
      await rig.until(() => generation.parked);
      const target = { generationId: generation.generationId };
      rig.cancel(target, "immediate");
      assert.equal(rig.cancel(target, mode).state, "parked");
      await failureOf(generation.next(), "CANCELLED_BY_REQUEST");
      await rig.until(() => rig.busySlots === 0);
      rig.assertBaseline();
    });
  }

  it("soft of a run that is over leaves what is still to be read", async () => {
    await using rig = await SchedulerRig.start();
    const generation = rig.submit(echo("abc"));
    await rig.until(() => generation.state === "ended");
    assert.equal(rig.cancel({ generationId: generation.generationId }, "soft").state, "ended");
    const { text, finished } = await readAll(generation);
    assert.deepEqual([text, finished.reason], ["abc", "end_of_turn"]);
  });
});
