import assert from "node:assert/strict";
import fc from "fast-check";
import type { TenantPolicies } from "../../../src/core/tenant-policy.js";
import { RunWork } from "../../../src/scheduler/forecast/run-work.js";
import { SlotQueue } from "../../../src/scheduler/queue/slot-queue.js";
import type { Waiter } from "../../../src/scheduler/queue/tenant-flow.js";
import { ManualClock } from "../../support/manual-clock.js";
import { runOf } from "../scheduler-rig.js";

const NO_WAIT = { lowMs: 0, highMs: 0 };
const MOST_INPUT = 50;
const MOST_OUTPUT = 100;

class Call implements Waiter {
  readonly lane = "interactive";
  readonly isNew: boolean;
  readonly hasYielded: boolean;
  readonly grants = 1;
  readonly tenant: string;
  readonly priority: number;
  readonly work: RunWork;
  readonly outputTokens: number;
  position = 0;

  constructor(tenant: string, { inputTokens = 10, outputTokens = 10, priority = 0, hasYielded = false } = {}) {
    this.isNew = !hasYielded;
    this.hasYielded = hasYielded;
    this.tenant = tenant;
    this.priority = priority;
    this.outputTokens = outputTokens;
    this.work = new RunWork(runOf(new Uint32Array(inputTokens), { maxOutputTokens: MOST_OUTPUT }), tenant);
  }

  get expectedWork(): number {
    return this.work.expectedWork;
  }

  tellPosition({ position }: { position: number }): void {
    this.position = position;
  }
}

/** The real queue, and slots whose runs advance by a token a step. */
class Slots {
  readonly queue: SlotQueue<Call>;
  readonly #slots: number;
  readonly #running = new Map<number, Call>();
  readonly given = new Map<string, number>();
  #lastRunId = 0;

  constructor(slots: number, weights: Readonly<Record<string, number>> = {}) {
    const policies: TenantPolicies = { of: (tenant) => ({ weight: weights[tenant] ?? 1 }) };
    this.#slots = slots;
    this.queue = new SlotQueue<Call>({
      ...{ weights: { interactive: 3, batch: 1 }, policies, mayRun: () => true, capacity: 1_000 },
      forecast: (order) => order.map(() => NO_WAIT),
      clock: new ManualClock(),
    });
  }

  join(call: Call): Disposable {
    return this.queue.join(call, NO_WAIT);
  }

  /** Serves the free slots. */
  fill(): Call[] {
    const served: Call[] = [];
    while (this.#running.size < this.#slots) {
      const call = this.queue.serve();
      if (call === undefined) break;
      const runId = ++this.#lastRunId;
      call.work.start(0);
      this.#running.set(runId, call);
      this.queue.ledger.open(runId, call);
      served.push(call);
    }
    return served;
  }

  step(): void {
    for (const [runId, call] of this.#running) {
      const before = call.work.workDone;
      const { inputTokens, generatedTokens } = call.work;
      const decodedTokens = generatedTokens + 1;
      const prefill = { doneTokens: inputTokens, totalTokens: inputTokens, reusedTokens: 0 };
      const rest = { pieces: [], prefillTokensLeft: 0, reprefilledTokens: 0, end: undefined };
      call.work.update({ runId, stage: "running", prefill, decodedTokens, ...rest });
      this.queue.ledger.update(runId);
      this.given.set(call.tenant, (this.given.get(call.tenant) ?? 0) + call.work.workDone - before);
      if (decodedTokens < call.outputTokens) continue;
      this.#running.delete(runId);
      this.queue.ledger.close(runId);
    }
  }

  givenTo(tenant: string): number {
    return this.given.get(tenant) ?? 0;
  }
}

const tenant = fc.constantFrom("a", "b", "c", "d");
const lengths = {
  inputTokens: fc.integer({ min: 1, max: MOST_INPUT }),
  outputTokens: fc.integer({ min: 1, max: MOST_OUTPUT }),
};
const call = fc.record({ tenant, priority: fc.nat(2), ...lengths });
const weights = fc.record({ a: fc.integer({ min: 1, max: 4 }), b: fc.integer({ min: 1, max: 4 }) });

describe("The turns of tenants", () => {
  it("are forecast as they are served, whoever waits with whatever weight and priority", () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 40 }), weights, fc.nat(30), (calls, given, steps) => {
        const slots = new Slots(2, given);
        for (const [index, each] of calls.entries()) {
          slots.join(new Call(each.tenant, each));
          if (index % 3 === 0) slots.fill();
          if (index < steps) slots.step();
        }
        const order = slots.queue.order();
        let runId = 1_000;
        for (const expected of order) {
          const served = slots.queue.serve();
          assert.equal(served, expected);
          slots.queue.ledger.open((runId += 1), expected);
        }
        assert.equal(slots.queue.serve(), undefined);
      }),
    );
  });

  it("tell a newcomer the position that the order of service gives it", () => {
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 30 }), weights, (calls, given) => {
        const slots = new Slots(1, given);
        const joined = calls.map((each) => new Call(each.tenant, each));
        for (const each of joined) slots.join(each);
        const last = joined.at(-1);
        assert.ok(last !== undefined);
        assert.equal(last.position, slots.queue.order().indexOf(last) + 1);
      }),
    );
  });

  it("keep two tenants that always wait within a bounded lag, by weight, beside others that come and leave", () => {
    const others = fc.array(fc.record({ at: fc.nat(400), leaves: fc.boolean(), ...lengths }), { maxLength: 60 });
    const sizes = fc.record({ a: fc.record(lengths), b: fc.record(lengths), count: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(weights, sizes, others, (given, { count, ...size }, visits) => {
        const slots = new Slots(count, given);
        const waiting = { a: 0, b: 0 };
        // The most that each run may be given beyond what it was charged, and one run more.
        const bound = ((count + 1) * (MOST_INPUT + 2 * MOST_OUTPUT)) / Math.min(given.a, given.b);
        for (let step = 0; step < 600; step++) {
          for (const name of ["a", "b"] as const) {
            for (; waiting[name] <= count; waiting[name] += 1) slots.join(new Call(name, size[name]));
          }
          for (const visit of visits.filter(({ at }) => at === step)) {
            const entry = slots.join(new Call("c", visit));
            if (visit.leaves) entry[Symbol.dispose]();
          }
          for (const served of slots.fill()) if (served.tenant !== "c") waiting[served.tenant as "a" | "b"] -= 1;
          slots.step();
          const lag = slots.givenTo("a") / given.a - slots.givenTo("b") / given.b;
          assert.ok(Math.abs(lag) <= bound, `a lag of ${lag} after ${step} steps; at most ${bound}`);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("are forgotten for tenants that want nothing, however many come", () => {
    const slots = new Slots(2);
    const { queue } = slots;
    queue.join(new Call("waiting"), NO_WAIT);
    for (let index = 0; index < 20_000; index++)
      queue.pass({ lane: "interactive", tenant: `tenant-${index}`, priority: 0 });
    assert.ok(queue.remembered("interactive") <= 4_100, String(queue.remembered("interactive")));
    assert.equal(queue.serve()?.tenant, "waiting");
  });

  it("save nothing up for a tenant that was idle", () => {
    const slots = new Slots(1);
    for (let served = 0; served < 50; served++) {
      slots.join(new Call("busy"));
      slots.fill();
      for (let step = 0; step < 10; step++) slots.step();
    }
    for (let waiting = 0; waiting < 20; waiting++) for (const name of ["busy", "idle"]) slots.join(new Call(name));
    const names = slots.queue.order().map((waiter) => waiter.tenant);
    assert.equal(names.slice(0, 10).filter((name) => name === "idle").length, 5, names.slice(0, 10).join(" "));
  });

  it("save nothing up for a tenant that got a slot last and was idle while another one's run went on", () => {
    const slots = new Slots(2);
    for (const each of [new Call("busy", { outputTokens: 1_000 }), new Call("idle", { outputTokens: 4 })]) {
      slots.join(each);
      slots.fill();
    }
    for (let step = 0; step < 500; step++) slots.step();
    slots.join(new Call("idle"));
    assert.equal(slots.queue.leadOf("interactive", "busy", "idle"), 0);
  });

  it("save little up for a tenant whose run has yielded and comes back late", () => {
    const slots = new Slots(1);
    slots.join(new Call("late", { outputTokens: 4 }));
    slots.fill();
    for (let step = 0; step < 4; step++) slots.step();
    slots.join(new Call("busy", { outputTokens: 1_000 }));
    slots.fill();
    slots.join(new Call("busy"));
    for (let step = 0; step < 500; step++) slots.step();
    slots.join(new Call("late", { hasYielded: true }));
    for (let waiting = 0; waiting < 5; waiting++) slots.join(new Call("late"));
    assert.equal(slots.queue.leadOf("interactive", "busy", "late"), 512);
  });

  it("give back what a run was charged for and did not need", () => {
    const slots = new Slots(1);
    slots.join(new Call("short", { inputTokens: 10, outputTokens: 2 }));
    slots.fill();
    assert.equal(slots.queue.leadOf("interactive", "short", "nobody"), 10 + 2 * 64);
    for (let step = 0; step < 2; step++) slots.step();
    assert.equal(slots.queue.leadOf("interactive", "short", "nobody"), 10 + 2 * 2);
  });
});
