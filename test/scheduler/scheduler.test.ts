import assert from "node:assert/strict";
import { GenerationError } from "../../src/core/generation-error.js";
import type { Lane } from "../../src/core/generation-request.js";
import type { Generation } from "../../src/scheduler/generation/generation.js";
import { echo, ENDLESS, failureOf, readAll, SchedulerRig } from "./scheduler-rig.js";

/** Watches the starts: each generation's name when it first holds a slot, in order. */
function watchStarts(rig: SchedulerRig, named: ReadonlyMap<string, string>): string[] {
  const started: string[] = [];
  rig.link.onNotice(() => {
    for (const { generationId, state } of rig.scheduler.load().generations) {
      const name = named.get(generationId);
      if (name !== undefined && !started.includes(name) && state === "prefilling") started.push(name);
    }
  });
  return started;
}

describe("Scheduler", () => {
  it("starts the next in the queue in the tick in which a slot falls free", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const holder = rig.submit(ENDLESS);
    const next = rig.submit(echo("next"));
    holder[Symbol.dispose]();
    await rig.until(() => rig.busySlots === 0 || next.state !== "waiting");
    assert.deepEqual([rig.busySlots, next.state], [1, "prefilling"]);
    await readAll(next);
  });

  it("runs no more generations at once than there are slots, and leaves none free while one waits", async () => {
    await using rig = await SchedulerRig.start({ engine: { sequences: 2 } });
    const most = { busy: 0, idle: 0 };
    rig.link.onNotice(() => {
      const { slots, queues } = rig.scheduler.load();
      most.busy = Math.max(most.busy, slots.busy);
      if (queues.interactive.waiting > 0) most.idle = Math.max(most.idle, slots.total - slots.busy);
    });
    const generations = Array.from({ length: 10 }, (_, index) => rig.submit(echo(`text ${index}`)));
    assert.deepEqual(
      generations.map((generation) => generation.state),
      ["prefilling", "prefilling", ...Array.from({ length: 8 }, () => "waiting")],
    );
    const answers = await Promise.all(generations.map((generation) => readAll(generation)));
    assert.deepEqual(
      answers.map(({ text }) => text),
      generations.map((_, index) => `text ${index}`),
    );
    assert.deepEqual(most, { busy: 2, idle: 0 });
    rig.assertBaseline();
  });

  it("holds an aborted run's slot until the engine has ended it: never two runs for one sequence", async () => {
    await using rig = await SchedulerRig.start({ engine: { sequences: 1 } });
    const first = rig.submit(ENDLESS);
    await rig.until(() => first.parked);
    const second = rig.submit(echo("second"));
    first[Symbol.dispose]();
    assert.equal(second.state, "waiting");
    assert.equal(rig.busySlots, 1);
    const { text } = await readAll(second);
    assert.equal(text, "second");
    assert.deepEqual(
      [...rig.scheduler.load().totals.ended],
      [
        ["CANCELLED", 1],
        ["end_of_turn", 1],
      ],
    );
    rig.assertBaseline();
  });

  it("starts three interactive generations for each one of batch while both queues are full", async () => {
    await using rig = await SchedulerRig.start({ slots: 1, limits: { queuePerSlot: 12 } });
    const holder = rig.submit(ENDLESS);
    const named = new Map<string, string>();
    const join = (lane: Lane, index: number): Generation => {
      const generation = rig.submit(echo("a"), { lane });
      named.set(generation.generationId, `${lane.charAt(0)}${index}`);
      return generation;
    };
    const waiting = (["batch", "interactive"] as const).flatMap((lane) =>
      Array.from({ length: 12 }, (_, index) => join(lane, index + 1)),
    );
    const started = watchStarts(rig, named);
    holder[Symbol.dispose]();
    await Promise.all(waiting.map((generation) => readAll(generation)));
    assert.equal(started.join(" "), "b1 i1 i2 i3 b2 i4 i5 i6 b3 i7 i8 i9 b4 i10 i11 i12 b5 b6 b7 b8 b9 b10 b11 b12");
  });

  for (const [full, late, atMost] of [
    ["interactive", "batch", 4],
    ["batch", "interactive", 2],
  ] as const) {
    it(`starts a call of ${late} within ${atMost} grants behind a full queue of ${full}`, async () => {
      await using rig = await SchedulerRig.start({ slots: 1, limits: { queuePerSlot: 12 } });
      const holder = rig.submit(ENDLESS, { lane: full });
      const named = new Map<string, string>();
      const waiting = Array.from({ length: 12 }, (_, index) => {
        const generation = rig.submit(echo("a"), { lane: full });
        named.set(generation.generationId, String(index));
        return generation;
      });
      const latecomer = rig.submit(echo("a"), { lane: late });
      named.set(latecomer.generationId, "late");
      const started = watchStarts(rig, named);
      holder[Symbol.dispose]();
      await Promise.all([...waiting, latecomer].map((generation) => readAll(generation)));
      assert.equal(started.length, 13);
      assert.ok(started.indexOf("late") < atMost, started.join(" "));
    });
  }

  it("tells those in the queue their positions, and the new ones together when others have gone", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const holder = rig.submit(ENDLESS);
    const [first, second, third] = [rig.submit(echo("a")), rig.submit(echo("b")), rig.submit(echo("c"))];
    const positions = (...generations: Generation[]): (number | undefined)[] =>
      generations.map((generation) => {
        const event = generation.tryNext();
        return event?.type === "queued" ? event.position : undefined;
      });
    assert.deepEqual(positions(first, second, third), [1, 2, 3]);
    first[Symbol.dispose]();
    assert.deepEqual(positions(second, third), [undefined, undefined]);
    rig.clock.advance(200);
    assert.deepEqual(positions(second, third), [1, 2]);
    holder[Symbol.dispose]();
    await Promise.all([readAll(second), readAll(third)]);
    rig.assertBaseline();
  });

  it("shows its whole load at any moment", async () => {
    await using rig = await SchedulerRig.start({ engine: { sequences: 2, contextTokens: 64 }, slots: 1 });
    const delivering = rig.submit(echo("abc"));
    await rig.until(() => delivering.state === "ended");
    const parked = rig.submit(ENDLESS, { requestId: "mine" });
    await rig.until(() => parked.parked);
    const waiting = rig.submit(echo("waits"), { lane: "batch" });
    const preparing = rig.open();
    rig.clock.advance(70);
    const load = rig.scheduler.load();
    assert.deepEqual(
      load.generations.map(({ generationId, requestId, state, lane, inputTokens, decodedTokens, ageMs, inStateMs }) => [
        generationId,
        [requestId, state, lane, inputTokens, decodedTokens, ageMs, inStateMs],
      ]),
      [
        [parked.generationId, ["mine", "parked", "interactive", 2, 32, 70, 70]],
        [waiting.generationId, [undefined, "waiting", "batch", 5, 0, 70, 70]],
        [delivering.generationId, [undefined, "ended", "interactive", 3, 3, 70, 70]],
        [preparing.generationId, [undefined, "preparing", "interactive", 0, 0, 70, 70]],
      ],
    );
    assert.deepEqual(load.slots, { total: 1, busy: 1 });
    assert.deepEqual(load.queues, { interactive: { waiting: 0, capacity: 4 }, batch: { waiting: 1, capacity: 4 } });
    assert.equal(load.lifecycle, "serving");
    assert.equal(load.parked, 1);
    assert.equal(load.kvTokens.capacity, 128);
    assert.ok(load.kvTokens.used > 0);
    const { totals } = load;
    assert.deepEqual(
      [totals.acceptedGenerations, totals.inputTokens, totals.reusedInputTokens, totals.decodedTokens],
      [3, 5, 0, 35],
    );
    assert.equal(totals.deliveredTokens, 0);
    await readAll(delivering);
    assert.equal(rig.scheduler.load().totals.deliveredTokens, 3);
  });

  it("has no wait to expect with a free slot", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const generation = rig.submit(ENDLESS);
    rig.clock.advance(10_000);
    generation[Symbol.dispose]();
    await rig.until(() => rig.busySlots === 0);
    assert.deepEqual(rig.scheduler.load().estimatedWait, { lowMs: 0, highMs: 0 });
  });

  it("logs one line at the end of each generation, with its counts and times", async () => {
    await using rig = await SchedulerRig.start();
    const finished = rig.submit(echo("abc"), { requestId: "mine" });
    await readAll(finished);
    const controller = new AbortController();
    const slow = rig.submit(ENDLESS, { controller });
    await rig.until(() => slow.parked);
    controller.abort(new GenerationError("SLOW_READER", "no progress"));
    await rig.until(() => rig.busySlots === 0);
    const [line, ...others] = rig.log.about(finished.generationId);
    assert.deepEqual(others, []);
    assert.equal(line?.level, "info");
    const { requestId, lane, outcome, inputTokens, outputTokens, deliveredTokens, totalMs } = line.fields;
    assert.deepEqual(
      [requestId, lane, outcome, inputTokens, outputTokens, deliveredTokens],
      ["mine", "interactive", "end_of_turn", 3, 3, 3],
    );
    assert.equal(typeof totalMs, "number");
    const slowLines = rig.log.about(slow.generationId);
    assert.deepEqual(
      slowLines.map(({ level, fields }) => [level, fields.outcome, fields.outputTokens]),
      [["warn", "SLOW_READER", 32]],
    );
    rig.assertBaseline();
  });

  it("has drained when no generation is left", async () => {
    await using rig = await SchedulerRig.start();
    await rig.scheduler.drained();
    const generation = rig.submit(echo("abc"));
    let drained = false;
    const draining = rig.scheduler.drained().then(() => (drained = true));
    await rig.until(() => generation.state === "ended");
    await rig.barrier();
    assert.equal(drained, false);
    await readAll(generation);
    await draining;
  });

  it("ends all with the error it is given, wherever they are", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const delivering = rig.submit(echo("abc"));
    await rig.until(() => delivering.state === "ended");
    const all = [delivering, rig.submit(ENDLESS), rig.submit(echo("a")), rig.open()];
    const reads = all.map((generation) => failureOf(readAll(generation), "DRAINED"));
    rig.scheduler.endAll(new GenerationError("DRAINED", "the grace is over"));
    await Promise.all(reads);
    await rig.scheduler.drained();
    rig.assertBaseline();
  });

  it("leaves nobody waiting when it is disposed", async () => {
    const rig = await SchedulerRig.start({ slots: 1 });
    const controllers = Array.from({ length: 3 }, () => new AbortController());
    const all = controllers.map((controller) => rig.submit(ENDLESS, { controller }));
    const reads = all.map((generation) => failureOf(readAll(generation), "DRAINED"));
    const drained = rig.scheduler.drained();
    await rig[Symbol.asyncDispose]();
    await Promise.all([...reads, drained]);
    rig.assertBaseline(controllers.map(({ signal }) => signal));
    await failureOf(() => rig.open(), "DRAINING");
  });
});
