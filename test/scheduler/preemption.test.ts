import assert from "node:assert/strict";
import fc from "fast-check";
import { GenerationError } from "../../src/core/generation-error.js";
import type { Generation } from "../../src/scheduler/generation/generation.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { echo, ENDLESS, failureOf, readAll, runOf, SchedulerRig } from "./scheduler-rig.js";

const LEAST_PARKED_MS = 100;
/** Longer than a window of credit, so that its run is parked at least once. */
const LONG_TEXT = "The reader decides how fast this goes, and nobody else has to wait for it. ".repeat(2);

/** A generation whose reader has stopped, and another that waits for its slot; the first has given it up. */
async function preemptOne(
  rig: SchedulerRig,
  tokens = echo(LONG_TEXT),
): Promise<{ slow: Generation; next: Generation }> {
  const slow = rig.submit(tokens);
  await rig.until(() => slow.parked);
  const next = rig.submit(ENDLESS);
  assert.equal(next.state, "waiting");
  rig.clock.advance(LEAST_PARKED_MS);
  await rig.until(() => slow.state === "preempted" && next.state !== "waiting");
  return { slow, next };
}

describe("Scheduler: preemptions", () => {
  it("let a newcomer in at once, and the slow one goes on where it stopped", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const { slow, next } = await preemptOne(rig);
    assert.equal(rig.scheduler.load().preempted, 1);
    assert.equal(rig.scheduler.load().slots.busy, 1);
    assert.equal(slow.parked, true, "its reader is told that it stands still");
    next[Symbol.dispose]();
    const { text, finished } = await readAll(slow);
    assert.equal(text, LONG_TEXT);
    assert.equal(finished.restarts, 1);
    assert.equal(finished.usage.outputTokens, LONG_TEXT.length);
    await rig.scheduler.drained();
    rig.assertBaseline();
    assert.equal(rig.scheduler.load().totals.preemptions, 1);
  });

  it("do not happen while a slot is free or nobody waits", async () => {
    await using rig = await SchedulerRig.start({ slots: 2 });
    const slow = rig.submit(ENDLESS);
    await rig.until(() => slow.parked);
    rig.clock.advance(10 * LEAST_PARKED_MS);
    const other = rig.submit(echo("short"));
    assert.equal((await readAll(other)).text, "short");
    assert.equal(slow.state, "parked");
  });

  it("bring nobody back into the last quarter of the slots, which newcomers find free", async () => {
    await using rig = await SchedulerRig.start({ slots: 4 });
    const holders = [0, 1, 2].map(() => rig.submit(ENDLESS));
    await rig.until(() => holders.every(({ parked }) => parked));
    const slow = rig.submit(echo(LONG_TEXT));
    await rig.until(() => slow.parked);
    const next = rig.submit(echo("next"));
    // The longest parked goes.
    rig.clock.advance(LEAST_PARKED_MS);
    assert.equal((await readAll(next)).text, "next");
    const [preempted] = holders.filter(({ state }) => state === "preempted");
    assert.ok(preempted !== undefined);
    for (let event = preempted.tryNext(); event !== undefined; event = preempted.tryNext()) {
      if (event.type === "pieces") preempted.taken(event.pieces);
    }
    assert.equal(preempted.state, "preempted", "one slot is free, and stays so");
    assert.equal(rig.busySlots, 3);
    await rig.until(() => preempted.state !== "preempted");
    assert.equal(rig.busySlots, 3, "another that is behind makes room");
    for (const generation of [...holders, slow]) generation[Symbol.dispose]();
    await rig.scheduler.drained();
    rig.assertBaseline();
  });

  it("bring nobody back before all that was sent is taken", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const { slow, next } = await preemptOne(rig);
    next[Symbol.dispose]();
    await rig.until(() => next.state === "ended");
    assert.equal(slow.state, "preempted");
    const pieces = [];
    for (let event = slow.tryNext(); event !== undefined; event = slow.tryNext()) {
      if (event.type === "pieces") pieces.push(...event.pieces);
    }
    slow.taken(pieces.slice(0, -1));
    await rig.barrier();
    assert.equal(slow.state, "preempted");
    slow.taken(pieces.slice(-1));
    assert.equal(slow.state, "prefilling");
    slow[Symbol.dispose]();
  });

  it("put returning runs into the queue behind those that waited before", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const { slow, next } = await preemptOne(rig);
    const third = rig.submit(echo("third"));
    const reading = readAll(slow);
    await rig.until(() => next.parked);
    assert.equal(slow.state, "preempted");
    next[Symbol.dispose]();
    assert.equal((await readAll(third)).text, "third");
    assert.equal((await reading).text, LONG_TEXT);
  });

  it("do not take capacity of the queue from new runs", async () => {
    await using rig = await SchedulerRig.start({ slots: 1, limits: { queuePerSlot: 1 } });
    const { slow, next } = await preemptOne(rig);
    const reading = readAll(slow);
    await rig.until(() => next.parked);
    assert.equal(rig.scheduler.load().queues.interactive.waiting, 0);
    const third = rig.submit(echo("third"));
    assert.equal(third.state, "waiting");
    const refused = rig.open();
    await failureOf(() => rig.scheduler.submit(refused, runOf(echo("x"))), "QUEUE_FULL");
    refused[Symbol.dispose]();
    next[Symbol.dispose]();
    await Promise.all([reading, readAll(third)]);
  });

  it("end with their caller: an abort, a cancel and a soft cancel leave nothing behind", async () => {
    for (const how of ["abort", "immediate", "soft"] as const) {
      await using rig = await SchedulerRig.start({ slots: 1 });
      const controller = new AbortController();
      const slow = rig.submit(ENDLESS, { controller });
      await rig.until(() => slow.parked);
      const next = rig.submit(ENDLESS);
      rig.clock.advance(LEAST_PARKED_MS);
      await rig.until(() => slow.state === "preempted");
      if (how === "abort") controller.abort(new GenerationError("SLOW_READER", "too slow"));
      else rig.cancel({ generationId: slow.generationId }, how);
      if (how === "soft") assert.equal((await readAll(slow)).finished.reason, "cancelled_softly");
      else await failureOf(slow.next(), how === "abort" ? "SLOW_READER" : "CANCELLED_BY_REQUEST");
      await rig.until(() => slow.state === "ended");
      next[Symbol.dispose]();
      await rig.scheduler.drained();
      rig.assertBaseline([controller.signal]);
    }
  });

  it("end with a cancel that meets them in the queue for their return", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const { slow, next } = await preemptOne(rig);
    const reading = readAll(slow);
    await rig.until(() => next.parked);
    rig.cancel({ generationId: slow.generationId }, "immediate");
    await failureOf(reading, "CANCELLED_BY_REQUEST");
    next[Symbol.dispose]();
    await rig.scheduler.drained();
    rig.assertBaseline();
  });

  it("keep to their number, and nobody is preempted beyond it", async () => {
    await using rig = await SchedulerRig.start({ slots: 1, limits: { preemptedRuns: 1 } });
    const { slow, next } = await preemptOne(rig);
    const third = rig.submit(echo("third"));
    await rig.until(() => next.parked);
    rig.clock.advance(10 * LEAST_PARKED_MS);
    await rig.barrier();
    assert.equal(next.state, "parked");
    assert.equal(third.state, "waiting");
    slow[Symbol.dispose]();
    next[Symbol.dispose]();
    assert.equal((await readAll(third)).text, "third");
  });

  it("are lost with the engine", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const { slow, next } = await preemptOne(rig, echo(LONG_TEXT));
    const dying = rig.submit(echo("x", SCRIPT.DIE));
    next[Symbol.dispose]();
    await failureOf(readAll(dying), "ENGINE_LOST");
    await failureOf(slow.next(), "ENGINE_LOST");
    assert.equal(rig.scheduler.load().preempted, 0);
  });

  it("give every reader its whole text, whatever the order in which they read on", async function () {
    this.timeout(60_000);
    const readers = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 10, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(readers, fc.integer({ min: 1, max: 2 }), async (order, slots) => {
        await using rig = await SchedulerRig.start({ slots, limits: { queuePerSlot: 4 } });
        const texts = [0, 1, 2, 3].map((index) => `${index}: ${LONG_TEXT}`);
        const generations = texts.map((text) => rig.submit(echo(text)));
        const got = texts.map(() => "");
        for (const index of order) {
          const generation = generations[index];
          for (let event = generation?.tryNext(); event !== undefined; event = generation?.tryNext()) {
            if (event.type !== "pieces") continue;
            got[index] = (got[index] ?? "") + event.pieces.map(({ text }) => text).join("");
            generation?.taken(event.pieces);
          }
          rig.clock.advance(LEAST_PARKED_MS / 2);
          await rig.barrier();
        }
        const ends = await Promise.all(
          generations.map(async (generation) => (generation.state === "ended" ? undefined : await readAll(generation))),
        );
        for (const [index, text] of texts.entries()) assert.equal((got[index] ?? "") + (ends[index]?.text ?? ""), text);
        await rig.scheduler.drained();
        rig.assertBaseline();
      }),
      { numRuns: 25 },
    );
  });
});
