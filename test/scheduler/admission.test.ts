import assert from "node:assert/strict";
import { GenerationError } from "../../src/core/generation-error.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { LifecycleState } from "../../src/scheduler/lifecycle-state.js";
import { Scheduler } from "../../src/scheduler/scheduler.js";
import { echo, ENDLESS, failureOf, readAll, runOf, SchedulerRig } from "./scheduler-rig.js";

describe("Scheduler admission", () => {
  it("names each generation so that nobody can guess it", async () => {
    await using rig = await SchedulerRig.start();
    const names = Array.from({ length: 100 }, () => rig.open().generationId);
    assert.equal(new Set(names).size, 100);
    for (const name of names) assert.match(name, /^gen_[A-Za-z0-9_-]{16}$/);
  });

  it("holds a request id from the opening to the end, and no longer", async () => {
    await using rig = await SchedulerRig.start();
    const generation = rig.open({ requestId: "mine" });
    const error = await failureOf(() => rig.open({ requestId: "mine" }), "REQUEST_ID_IN_USE");
    assert.deepEqual(error.facts, { request_id: "mine" });
    rig.scheduler.submit(generation, runOf(echo("a")));
    await failureOf(() => rig.open({ requestId: "mine" }), "REQUEST_ID_IN_USE");
    await readAll(generation);
    await readAll(rig.submit(echo("b"), { requestId: "mine" }));
    rig.assertBaseline();
  });

  it("refuses more calls than the limit, prepared or not", async () => {
    await using rig = await SchedulerRig.start({ limits: { calls: 2 } });
    const first = rig.open();
    const second = rig.submit(ENDLESS);
    const error = await failureOf(() => rig.open(), "TOO_MANY_CALLS");
    assert.deepEqual(error.facts, { max_calls: "2" });
    assert.equal(error.retryAfterMs, 1_000);
    first[Symbol.dispose]();
    second[Symbol.dispose]();
    await rig.until(() => rig.busySlots === 0);
    rig.open()[Symbol.dispose]();
    rig.assertBaseline();
  });

  it("refuses a call whose signal has aborted before, with its reason", async () => {
    await using rig = await SchedulerRig.start();
    const controller = new AbortController();
    const reason = new GenerationError("DEADLINE_EXCEEDED", "too late");
    controller.abort(reason);
    assert.equal(await failureOf(() => rig.open({ controller }), "DEADLINE_EXCEEDED"), reason);
    rig.assertBaseline([controller.signal]);
  });

  it("refuses STARTING until the server serves", async () => {
    await using rig = await SchedulerRig.start();
    const lifecycle = new LifecycleState();
    const { link, clock, log } = rig;
    using scheduler = new Scheduler({
      engine: link,
      lifecycle,
      limits: DEFAULT_LIMITS,
      laneWeights: { interactive: 3, batch: 1 },
      clock,
      log,
    });
    const call = {
      tenant: "",
      requestId: undefined,
      lane: "batch",
      labels: new Map(),
      signal: new AbortController().signal,
    } as const;
    const error = await failureOf(() => scheduler.open(call), "STARTING");
    assert.equal(error.retryAfterMs, 1_000);
    lifecycle.advance("serving");
    scheduler.open(call)[Symbol.dispose]();
  });

  it("takes calls while it drains until admission is closed, then serves only what was accepted", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const running = rig.submit(echo("running"));
    rig.lifecycle.advance("draining");
    const waiting = rig.submit(echo("waiting"));
    const preparing = rig.open();
    rig.scheduler.closeAdmission();
    await failureOf(() => rig.open(), "DRAINING");
    const error = await failureOf(() => rig.scheduler.submit(preparing, runOf(echo("a"))), "DRAINING");
    assert.ok(error.retryAfterMs !== undefined);
    preparing[Symbol.dispose]();
    const answers = await Promise.all([readAll(running), readAll(waiting)]);
    assert.deepEqual(
      answers.map(({ text }) => text),
      ["running", "waiting"],
    );
    await rig.scheduler.drained();
  });

  it("fills each lane's queue up to its capacity, then refuses that lane alone", async () => {
    await using rig = await SchedulerRig.start({ slots: 1, limits: { queuePerSlot: 2 } });
    rig.submit(ENDLESS);
    rig.submit(echo("a"));
    rig.submit(echo("b"));
    const refused = rig.open();
    const error = await failureOf(() => rig.scheduler.submit(refused, runOf(echo("c"))), "QUEUE_FULL");
    assert.deepEqual(error.facts, { lane: "interactive", waiting: "2", capacity: "2" });
    assert.equal(error.retryAfterMs, 1_000);
    assert.equal(refused.state, "preparing");
    assert.equal(rig.submit(echo("d"), { lane: "batch" }).state, "waiting");
    const { refused: refusals, acceptedGenerations } = rig.scheduler.load().totals;
    assert.deepEqual([...refusals], [["QUEUE_FULL", 1]]);
    assert.equal(acceptedGenerations, 4);
  });

  it("refuses a wait that is too long even by the lower estimate, and says when to try again", async () => {
    await using rig = await SchedulerRig.start({ slots: 1, engine: { stepMs: 5 }, limits: { queueWaitMs: 1_000 } });
    await readAll(rig.submit(echo("measured")));
    // 1,000 tokens of at least 5 ms each; by the lower estimate half of that, at most.
    rig.submit(ENDLESS, { stopping: { ignoreEndOfGeneration: true } });
    await rig.notice();
    const error = await failureOf(() => rig.submit(echo("a")), "QUEUE_FULL");
    const [, least] =
      /at least (\d+) ms; a call without scheduling\.max_wait waits 1000 ms at most/.exec(error.message) ?? [];
    assert.ok(Number(least) >= 2_400, error.message);
    assert.equal(error.facts.estimated_wait_low_ms, least);
    assert.ok(Math.abs((error.retryAfterMs ?? 0) - (Number(least) - 1_000)) <= 1);
    const { estimatedWait, totals } = rig.scheduler.load();
    assert.equal(Math.ceil(estimatedWait.lowMs), Number(least));
    assert.ok(estimatedWait.highMs >= estimatedWait.lowMs);
    assert.equal(totals.refused.get("QUEUE_FULL"), 1);
  });
});
