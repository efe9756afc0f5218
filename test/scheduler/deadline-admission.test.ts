import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { echo, ENDLESS, failureOf, readAll, type RigOptions, SchedulerRig } from "./scheduler-rig.js";

/** Steps of at least 5 ms by the engine's own clock; the scheduler's stands still unless it is moved. */
const PACED: RigOptions = {
  slots: 1,
  stepLimitMs: 10_000_000,
  engine: { stepMs: 5 },
  limits: { queueWaitMs: 600_000, creditPieces: 10_000, creditBytes: 1_000_000 },
};
/** The output is as long as its maximum. */
const exactly = (maxOutputTokens: number) => ({ stopping: { maxOutputTokens, ignoreEndOfGeneration: true } });

async function paced(options: RigOptions = {}): Promise<SchedulerRig> {
  const rig = await SchedulerRig.start({ ...PACED, ...options });
  await readAll(rig.submit(echo("measured")));
  return rig;
}

describe("Scheduler and deadlines", () => {
  it("refuses at once what cannot be done by its deadline even on a free slot", async () => {
    await using rig = await paced();
    const error = await failureOf(
      () => rig.submit(ENDLESS, { ...exactly(1_000), deadlineMs: 2_000 }),
      "DEADLINE_EXCEEDED",
    );
    assert.equal(error.retryAfterMs, undefined);
    assert.match(
      error.message,
      /^the deadline cannot be met: it leaves 2000 ms, and the generation takes at least \d+ ms, 0 ms/,
    );
    assert.deepEqual(
      { ...error.facts, estimated_low_ms: Number(error.facts.estimated_low_ms) >= 2_400 },
      { deadline_left_ms: "2000", estimated_low_ms: true, estimated_wait_low_ms: "0" },
    );
    const { refused, acceptedGenerations } = rig.scheduler.load().totals;
    assert.deepEqual([...refused], [["DEADLINE_EXCEEDED", 1]]);
    assert.equal(acceptedGenerations, 1);
    rig.assertBaseline();
  });

  it("takes what may end before its maximum, what a time limit ends in time, and what has no deadline", async () => {
    await using rig = await paced({ slots: 4 });
    const early = rig.submit(echo("short"), { stopping: { maxOutputTokens: 1_000 }, deadlineMs: 2_000 });
    const limited = { ...exactly(1_000).stopping, timeLimitMs: 100 };
    const cut = rig.submit(ENDLESS, { stopping: limited, deadlineMs: 2_000 });
    const patient = rig.submit(ENDLESS, exactly(1_000));
    assert.equal((await readAll(early)).finished.reason, "end_of_turn");
    assert.equal((await readAll(cut)).finished.reason, "time_limit");
    patient[Symbol.dispose]();
    await rig.scheduler.drained();
  });

  it("counts those ahead in the queue, whose own deadlines end them", async () => {
    await using rig = await paced();
    rig.submit(ENDLESS, { ...exactly(2_000), deadlineMs: 600_000 });
    await rig.notice();
    const behind = { ...exactly(10), deadlineMs: 4_000 };
    const error = await failureOf(() => rig.submit(ENDLESS, behind), "DEADLINE_EXCEEDED");
    assert.ok(Number(error.facts.estimated_wait_low_ms) >= 4_000, error.message);
    assert.equal(rig.submit(ENDLESS, { ...behind, deadlineMs: 300_000 }).state, "waiting");
  });

  it("ends one whose turn comes too late, instead of running it", async () => {
    await using rig = await paced();
    const first = rig.submit(ENDLESS);
    const second = rig.submit(ENDLESS, { ...exactly(100), deadlineMs: 60_000 });
    const third = rig.submit(echo("third"));
    rig.clock.advance(59_900);
    assert.equal(second.state, "waiting");
    first[Symbol.dispose]();
    await failureOf(readAll(second), "DEADLINE_EXCEEDED");
    assert.equal((await readAll(third)).text, "third");
    assert.equal(rig.scheduler.load().totals.ended.get("DEADLINE_EXCEEDED"), 1);
    rig.assertBaseline();
  });

  it("says how its estimates compare to the waits that came of them", async () => {
    await using rig = await paced();
    const first = rig.submit(ENDLESS, exactly(500));
    await rig.notice();
    const [lucky, unlucky] = [rig.submit(echo("a")), rig.submit(echo("b"))];
    first[Symbol.dispose]();
    await readAll(lucky);
    rig.clock.advance(1_000_000);
    await readAll(unlucky);
    const { verdicts, errors, errorSumMs } = rig.scheduler.load().waitEstimates;
    assert.equal(verdicts.shorter, 2);
    assert.equal(
      errors.reduce((sum, count) => sum + count, 0),
      2,
    );
    assert.ok(errorSumMs < 0);
  });
});

describe("Scheduler and max_wait", () => {
  it("gives a slot that is free at once whatever the bound, and at 0 no entry in the queue", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const running = rig.submit(ENDLESS, { maxWaitMs: 0 });
    assert.equal(running.state, "prefilling");
    const error = await failureOf(() => rig.submit(echo("a"), { maxWaitMs: 0 }), "QUEUE_FULL");
    assert.deepEqual(error.facts, { lane: "interactive", waiting: "0", capacity: "4", max_wait_ms: "0" });
    assert.ok(error.retryAfterMs !== undefined);
  });

  it("refuses at once when even the lower estimate passes it", async () => {
    await using rig = await paced();
    rig.submit(ENDLESS, exactly(1_000));
    await rig.notice();
    const error = await failureOf(() => rig.submit(echo("a"), { maxWaitMs: 2_000 }), "QUEUE_FULL");
    assert.match(error.message, /^the call would wait at least \d+ ms; its scheduling\.max_wait is 2000 ms$/);
    assert.equal(error.facts.max_wait_ms, "2000");
    assert.ok((error.retryAfterMs ?? 0) >= 100);
    assert.equal(rig.submit(echo("a"), { maxWaitMs: 100_000 }).state, "waiting");
  });

  it("replaces the server's own bound, whichever is longer, and leaves the capacity of the queue as it is", async () => {
    await using rig = await paced({ limits: { ...PACED.limits, queueWaitMs: 1_000, queuePerSlot: 2 } });
    rig.submit(ENDLESS, exactly(1_000));
    await rig.notice();
    const error = await failureOf(() => rig.submit(echo("a")), "QUEUE_FULL");
    assert.match(
      error.message,
      /^the call would wait at least \d+ ms; a call without scheduling\.max_wait waits 1000 ms at/,
    );
    assert.equal(error.facts.max_estimated_wait_ms, "1000");
    assert.equal(error.facts.max_wait_ms, undefined);
    const patient = [300_000, 300_000].map((maxWaitMs) => rig.submit(echo("a"), { maxWaitMs }).state);
    assert.deepEqual(patient, ["waiting", "waiting"]);
    const full = await failureOf(() => rig.submit(echo("a"), { maxWaitMs: 300_000 }), "QUEUE_FULL");
    assert.match(full.message, /2 of 2 calls/);
  });

  it("ends a waiting run when it passes, and leaves one that got its slot in time alone", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const running = rig.submit(ENDLESS);
    const [soon, late] = [rig.submit(echo("soon"), { maxWaitMs: 1_000 }), rig.submit(echo("late"), { maxWaitMs: 999 })];
    rig.clock.advance(999);
    const error = await failureOf(late.next(), "MAX_WAIT");
    assert.equal(error.retryAfterMs, undefined);
    running[Symbol.dispose]();
    await rig.until(() => soon.state !== "waiting");
    rig.clock.advance(10_000);
    assert.equal((await readAll(soon)).text, "soon");
    assert.equal(rig.scheduler.load().totals.ended.get("MAX_WAIT"), 1);
    rig.assertBaseline();
  });

  it("leaves no timer behind when a waiter leaves before", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const running = rig.submit(ENDLESS);
    rig.submit(echo("a"), { maxWaitMs: DEFAULT_LIMITS.maxCallerWaitMs })[Symbol.dispose]();
    running[Symbol.dispose]();
    await rig.until(() => rig.busySlots === 0);
    rig.assertBaseline();
  });
});
