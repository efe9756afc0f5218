import assert from "node:assert/strict";
import type { TenantPolicy } from "../../src/core/tenant-policy.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { echo, ENDLESS, failureOf, readAll, runOf, SchedulerRig } from "./scheduler-rig.js";

/** Policies that a test changes while the scheduler runs. */
class ChangingPolicies {
  readonly #policies = new Map<string, TenantPolicy>();

  set(tenant: string, policy: Partial<TenantPolicy>): void {
    this.#policies.set(tenant, { weight: 1, ...policy });
  }

  of(tenant: string): TenantPolicy {
    return this.#policies.get(tenant) ?? { weight: 1 };
  }
}

async function startRig(
  policy: Partial<TenantPolicy>,
  slots = 1,
): Promise<{ rig: SchedulerRig; policies: ChangingPolicies }> {
  const policies = new ChangingPolicies();
  policies.set("acme", policy);
  return { rig: await SchedulerRig.start({ slots, policies }), policies };
}

const ACME = { tenant: "acme" };

describe("Scheduler: quotas of tenants", () => {
  it("keep a tenant's further runs waiting while others get the free slots", async () => {
    const { rig } = await startRig({ runningCalls: 1 }, 3);
    await using _ = rig;
    const first = rig.submit(ENDLESS, ACME);
    const second = rig.submit(echo("second"), ACME);
    const other = rig.submit(echo("other"), { tenant: "other" });
    assert.deepEqual([first.state, second.state, other.state], ["prefilling", "waiting", "prefilling"]);
    first[Symbol.dispose]();
    assert.equal((await readAll(second)).text, "second");
    assert.equal((await readAll(other)).text, "other");
    await rig.scheduler.drained();
    rig.assertBaseline();
  });

  it("tell a run that they keep waiting beside free slots the wait for the tenant's own slot", async () => {
    const policies = { of: () => ({ weight: 1, runningCalls: 1 }) };
    const limits = { queueWaitMs: 3_600_000 };
    await using rig = await SchedulerRig.start({ slots: 3, policies, limits, engine: { stepMs: 5 } });
    for (let run = 0; run < 3; run++) await readAll(rig.submit(echo("measured"), ACME));
    const stopping = { maxOutputTokens: 500, ignoreEndOfGeneration: true };
    const held = rig.submit(ENDLESS, { ...ACME, stopping });
    const waiting = rig.submit(echo("waits"), ACME);
    const queued = waiting.tryNext();
    assert.ok(queued?.type === "queued" && queued.waitLowMs > 1_000, JSON.stringify(queued));
    held[Symbol.dispose]();
    assert.equal((await readAll(waiting)).text, "waits");
    await rig.scheduler.drained();
  });

  it("take no slot from another tenant whose reader is behind for runs that they hold back", async () => {
    const { rig } = await startRig({ runningCalls: 1 }, 3);
    await using _ = rig;
    const other = rig.submit(ENDLESS, { tenant: "other" });
    await rig.until(() => other.state === "parked");
    const first = rig.submit(ENDLESS, ACME);
    await rig.until(() => first.state === "parked");
    const second = rig.submit(echo("second"), ACME);
    rig.clock.advance(1_000);
    assert.equal((await readAll(second)).text, "second", "the tenant's own run makes room");
    assert.equal(other.state, "parked");
    assert.equal(rig.scheduler.load().totals.preemptions, 1);
    for (const generation of [first, other]) generation[Symbol.dispose]();
    await rig.scheduler.drained();
    rig.assertBaseline();
  });

  it("leave other tenants slots, however many readers of one tenant are behind", async () => {
    await using rig = await SchedulerRig.start({ slots: 2, limits: { preemptedRuns: 6, queuePerSlot: 24 } });
    const greedy = Array.from({ length: 12 }, () => rig.submit(ENDLESS, { tenant: "greedy" }));
    await rig.until(() => rig.scheduler.load().parked === 2);
    for (let round = 0; round < 20; round++) {
      rig.clock.advance(200);
      for (let step = 0; step < 5; step++) await rig.barrier();
    }
    // Its share is 3, and both slots may be given up at once.
    assert.ok(rig.scheduler.load().totals.preemptions <= 4);
    const other = rig.submit(echo("other"), { tenant: "other" });
    rig.clock.advance(200);
    assert.equal((await readAll(other)).text, "other");
    for (const generation of greedy) generation[Symbol.dispose]();
    await rig.scheduler.drained();
    rig.assertBaseline();
  });

  it("refuse a call beyond the waiting ones with the bound, the use and a time", async () => {
    const { rig } = await startRig({ waitingCalls: 1 });
    await using _ = rig;
    const held = rig.submit(ENDLESS, ACME);
    const waiting = rig.submit(echo("a"), ACME);
    const error = await failureOf(() => rig.submit(echo("b"), ACME), "QUOTA_EXCEEDED");
    assert.deepEqual(error.facts, { quota: "waiting_calls", limit: "1", used: "1" });
    assert.deepEqual(error.quota, { subject: "tenant:acme", description: "waiting_calls: limit 1, used 1" });
    assert.ok((error.retryAfterMs ?? 0) > 0);
    const other = rig.submit(echo("c"), { tenant: "other" });
    for (const generation of [waiting, other, held]) generation[Symbol.dispose]();
    await rig.scheduler.drained();
  });

  it("refuse an input that is larger than what is left, and let it in at the time that was told", async () => {
    const { rig } = await startRig({ inputTokensPerMinute: 60 }, 4);
    await using _ = rig;
    await readAll(rig.submit(echo("x".repeat(50)), ACME));
    const error = await failureOf(() => rig.submit(echo("y".repeat(20)), ACME), "QUOTA_EXCEEDED");
    assert.equal(error.retryAfterMs, 10_000);
    rig.clock.advance(9_999);
    await failureOf(() => rig.submit(echo("y".repeat(20)), ACME), "QUOTA_EXCEEDED");
    rig.clock.advance(1);
    await readAll(rig.submit(echo("y".repeat(20)), ACME));
    const never = await failureOf(() => rig.submit(echo("z".repeat(61)), ACME), "QUOTA_EXCEEDED");
    assert.equal(never.retryAfterMs, undefined);
  });

  it("give the input of a call back that left the queue", async () => {
    const { rig } = await startRig({ inputTokensPerMinute: 20 });
    await using _ = rig;
    const held = rig.submit(ENDLESS, { tenant: "other" });
    const waiting = rig.submit(echo("x".repeat(20)), ACME);
    waiting[Symbol.dispose]();
    const again = rig.submit(echo("x".repeat(20)), ACME);
    held[Symbol.dispose]();
    assert.equal((await readAll(again)).text.length, 20);
  });

  it("give nothing back to a call that was cancelled softly before it was charged", async () => {
    const { rig } = await startRig({ inputTokensPerMinute: 100 }, 2);
    await using _ = rig;
    await readAll(rig.submit(echo("x".repeat(90)), ACME));
    const cancelled = rig.open({ ...ACME, requestId: "r" });
    rig.scheduler.cancel({ requestId: "r" }, "soft", { tenant: "acme", everyTenant: false });
    rig.scheduler.submit(cancelled, runOf(echo("z".repeat(5_000))));
    assert.equal((await readAll(cancelled)).finished.reason, "cancelled_softly");
    const error = await failureOf(() => rig.submit(echo("y".repeat(90)), ACME), "QUOTA_EXCEEDED");
    assert.equal(error.facts.used, "90");
  });

  it("give nothing back to a call that was charged nothing", async () => {
    const policies = new ChangingPolicies();
    await using rig = await SchedulerRig.start({ slots: 1, policies, limits: { queuePerSlot: 12 } });
    const held = rig.submit(ENDLESS, { tenant: "other" });
    const waiting = rig.submit(echo("x".repeat(20)), ACME);
    policies.set("acme", { inputTokensPerMinute: 20 });
    const charged = rig.submit(echo("x".repeat(20)), ACME);
    waiting[Symbol.dispose]();
    await failureOf(() => rig.submit(echo("x".repeat(20)), ACME), "QUOTA_EXCEEDED");
    for (const generation of [charged, held]) generation[Symbol.dispose]();
    await rig.scheduler.drained();
  });

  it("tell the time of the quota that has room last", async () => {
    for (const [inputTokensPerMinute, outputTokensPerMinute, quota, retryAfterMs] of [
      [60, 600, "input_tokens_per_minute", 50_000],
      [6_000, 30, "output_tokens_per_minute", 42_000],
    ] as const) {
      const { rig } = await startRig({ inputTokensPerMinute, outputTokensPerMinute });
      await using _ = rig;
      await readAll(rig.submit(echo("x".repeat(50)), ACME));
      const error = await failureOf(() => rig.submit(echo("y".repeat(60)), ACME), "QUOTA_EXCEEDED");
      assert.deepEqual([error.facts.quota, error.retryAfterMs], [quota, retryAfterMs]);
    }
    const { rig } = await startRig({ inputTokensPerMinute: 60, outputTokensPerMinute: 30 });
    await using _ = rig;
    await readAll(rig.submit(echo("x".repeat(50)), ACME));
    const never = await failureOf(() => rig.submit(echo("y".repeat(61)), ACME), "QUOTA_EXCEEDED");
    assert.equal(never.retryAfterMs, undefined);
  });

  it("never cut a stream for its output, and refuse the next call until the debt is paid", async () => {
    const { rig } = await startRig({ outputTokensPerMinute: 30 }, 2);
    await using _ = rig;
    const { finished } = await readAll(
      rig.submit(echo("x", SCRIPT.CYCLE), { ...ACME, stopping: { maxOutputTokens: 60 } }),
    );
    assert.equal(finished.usage.outputTokens, 60);
    const error = await failureOf(() => rig.submit(echo("y"), ACME), "QUOTA_EXCEEDED");
    assert.deepEqual(error.facts, { quota: "output_tokens_per_minute", limit: "30", used: "60" });
    assert.equal(error.retryAfterMs, 62_000);
    await failureOf(() => rig.scheduler.checkRoom({ lane: "interactive", tenant: "acme" }), "QUOTA_EXCEEDED");
    rig.scheduler.checkRoom({ lane: "interactive", tenant: "other" });
    rig.clock.advance(62_000);
    await readAll(rig.submit(echo("y"), ACME));
  });

  it("change with the next decision when the policies are reloaded", async () => {
    const { rig, policies } = await startRig({ waitingCalls: 0 });
    await using _ = rig;
    const held = rig.submit(ENDLESS, { tenant: "other" });
    await failureOf(() => rig.submit(echo("a"), ACME), "QUOTA_EXCEEDED");
    policies.set("acme", { waitingCalls: 1 });
    const waiting = rig.submit(echo("a"), ACME);
    policies.set("acme", { waitingCalls: 0 });
    assert.equal(waiting.state, "waiting", "nothing is dropped");
    held[Symbol.dispose]();
    assert.equal((await readAll(waiting)).text, "a");
  });

  it("let the older call of a tenant start first once a reload has raised its bound", async () => {
    const { rig, policies } = await startRig({ runningCalls: 1 }, 2);
    await using _ = rig;
    const held = rig.submit(ENDLESS, ACME);
    const older = rig.submit(echo("older"), ACME);
    policies.set("acme", { runningCalls: 2 });
    const newer = rig.submit(echo("newer"), ACME);
    assert.deepEqual([older.state, newer.state], ["prefilling", "waiting"]);
    for (const generation of [older, newer]) await readAll(generation);
    held[Symbol.dispose]();
    await rig.scheduler.drained();
  });

  it("leave room in the queue for one more tenant, whatever one tenant sends", async () => {
    await using rig = await SchedulerRig.start({ slots: 1, limits: { queuePerSlot: 12 } });
    const held = rig.submit(ENDLESS, { tenant: "greedy" });
    const greedy = Array.from({ length: 6 }, () => rig.submit(echo("a"), { tenant: "greedy" }));
    const error = await failureOf(() => rig.submit(echo("a"), { tenant: "greedy" }), "QUEUE_FULL");
    assert.deepEqual([error.facts.tenant_waiting, error.facts.tenant_capacity], ["6", "6"]);
    const others = Array.from({ length: 4 }, () => rig.submit(echo("a"), { tenant: "other" }));
    const third = rig.submit(echo("a"), { tenant: "third" });
    for (const generation of [...greedy, ...others, third, held]) generation[Symbol.dispose]();
    await rig.scheduler.drained();
    rig.assertBaseline();
  });

  it("serve the tenant's call with the higher priority first", async () => {
    await using rig = await SchedulerRig.start({ slots: 1, limits: { queuePerSlot: 12 } });
    const held = rig.submit(ENDLESS, { tenant: "other" });
    const low = rig.submit(echo("low"), ACME);
    const high = rig.submit(echo("high"), { ...ACME, priority: 5 });
    const next = rig.submit(echo("next"), ACME);
    const ends: string[] = [];
    const reads = [low, high, next].map(async (generation) => ends.push((await readAll(generation)).text));
    held[Symbol.dispose]();
    await Promise.all(reads);
    assert.deepEqual(ends, ["high", "low", "next"]);
  });
});

describe("Scheduler: a tenant that holds all slots", () => {
  it("gives one up after a quantum while another tenant waits, and its run goes on where it stopped", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const long = rig.submit(echo("x", SCRIPT.CYCLE), { tenant: "greedy", stopping: { maxOutputTokens: 400 } });
    const reading = readAll(long);
    const other = rig.submit(echo("other"), { tenant: "other" });
    assert.equal((await readAll(other)).text, "other");
    assert.notEqual(long.state, "ended");
    const { text, finished } = await reading;
    assert.equal(text, "x".repeat(400));
    assert.ok(finished.restarts >= 1);
    await rig.scheduler.drained();
    rig.assertBaseline();
  });

  it("keeps its slot while only its own calls wait", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const long = rig.submit(echo("x", SCRIPT.CYCLE), { tenant: "greedy", stopping: { maxOutputTokens: 400 } });
    const next = rig.submit(echo("next"), { tenant: "greedy" });
    const [{ finished }] = await Promise.all([readAll(long), readAll(next)]);
    assert.equal(finished.restarts, 0);
  });

  it("gives one up to a tenant of the other lane", async () => {
    await using rig = await SchedulerRig.start({ slots: 1 });
    const long = rig.submit(echo("x", SCRIPT.CYCLE), { tenant: "greedy", stopping: { maxOutputTokens: 900 } });
    const reading = readAll(long);
    const other = rig.submit(echo("other"), { tenant: "other", lane: "batch" });
    assert.equal((await readAll(other)).text, "other");
    assert.notEqual(long.state, "ended");
    assert.equal((await reading).finished.restarts, 1);
  });
});
