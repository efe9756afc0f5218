import assert from "node:assert/strict";
import fc from "fast-check";
import type { RunUpdate } from "../../../src/core/engine-messages.js";
import { EQUAL_TENANTS, type TenantPolicies } from "../../../src/core/tenant-policy.js";
import type { FinishReason } from "../../../src/core/run-end.js";
import { RunWork } from "../../../src/scheduler/forecast/run-work.js";
import { WaitEstimator } from "../../../src/scheduler/forecast/wait-estimator.js";
import { ManualClock } from "../../support/manual-clock.js";
import { runOf } from "../scheduler-rig.js";

interface Wanted {
  readonly inputTokens?: number;
  readonly maxOutputTokens?: number;
  /** True: nothing ends it before its maximum. */
  readonly exact?: boolean;
  readonly deadlineMs?: number;
  readonly timeLimitMs?: number;
  readonly tenant?: string;
}

function workOf(wanted: Wanted = {}): RunWork {
  const {
    inputTokens = 1,
    maxOutputTokens = 100,
    exact = true,
    deadlineMs,
    timeLimitMs = 600_000,
    tenant = "",
  } = wanted;
  const run = runOf(new Uint32Array(inputTokens), { maxOutputTokens, ignoreEndOfGeneration: exact, timeLimitMs });
  return new RunWork({ ...run, deadlineMs }, tenant);
}

/** An estimator that is told of steps as the engine would tell of them. */
class Scene {
  readonly clock = new ManualClock();
  readonly estimator: WaitEstimator;
  #lastRunId = 0;
  readonly #generated = new Map<number, number>();

  constructor(slots: number, policies: TenantPolicies = EQUAL_TENANTS) {
    this.estimator = new WaitEstimator({ slots, policies, clock: this.clock });
  }

  start(work: RunWork): number {
    this.#lastRunId += 1;
    this.estimator.start(this.#lastRunId, work);
    return this.#lastRunId;
  }

  /** One step in which every one of `runIds` gets a token. */
  decode(runIds: readonly number[], stepMs = 10): void {
    for (const runId of runIds) this.#generated.set(runId, (this.#generated.get(runId) ?? 0) + 1);
    this.tell(
      runIds.map((runId) => ({ runId })),
      stepMs,
    );
  }

  tell(updates: readonly (Partial<RunUpdate> & { runId: number })[], stepMs: number): void {
    const whole = updates.map((update): RunUpdate => ({
      stage: update.end === undefined ? "running" : "ended",
      prefill: undefined,
      pieces: [],
      decodedTokens: this.#generated.get(update.runId) ?? 0,
      prefillTokensLeft: update.prefill === undefined ? 0 : update.prefill.totalTokens - update.prefill.doneTokens,
      reprefilledTokens: 0,
      end: undefined,
      ...update,
    }));
    this.estimator.observe({
      type: "step",
      updates: whole,
      stepMs,
      draftTokens: 0,
      acceptedDraftTokens: 0,
      kvTokens: 0,
    });
  }

  end(runId: number, reason: FinishReason, outputTokens: number): void {
    const tally = { reusedInputTokens: 0, outputTokens, restarts: 0, prefillMs: 0, decodeMs: 0, parkedMs: 0 };
    const outcome = { type: "finished", reason, stopMatch: undefined, incompleteText: false } as const;
    this.tell([{ runId, decodedTokens: outputTokens, end: { outcome, tally } }], 10);
  }

  /** Runs came and went, one for each length, each with an input of 64 tokens prefilled at 1 ms each, and outputs of these lengths. */
  learn(lengths: readonly number[]): this {
    for (const tokens of lengths) {
      const runId = this.start(workOf({ inputTokens: 64, maxOutputTokens: 1_000, exact: false }));
      const prefill = { doneTokens: 64, totalTokens: 64, reusedTokens: 0 };
      this.tell([{ runId, prefill }], 64);
      for (let token = 0; token < Math.min(tokens, 20); token++) this.decode([runId]);
      this.end(runId, "end_of_turn", tokens);
    }
    return this;
  }
}

const roundedWait = ({ lowMs, highMs }: { lowMs: number; highMs: number }): number[] => [
  Math.round(lowMs),
  Math.round(highMs),
];

describe("WaitEstimator", () => {
  it("knows of no wait while nothing was measured", () => {
    const scene = new Scene(1);
    scene.start(workOf());
    const forecast = scene.estimator.forecastNewcomer([workOf(), undefined], workOf());
    assert.deepEqual(forecast, { wait: { lowMs: 0, highMs: 0 }, endLowMs: 0 });
    assert.equal(scene.estimator.retryAfterMs(), 1_000);
  });

  it("counts the tokens that are left at the measured pace, where the length of the output is known", () => {
    const scene = new Scene(1).learn(Array.from({ length: 20 }, () => 50));
    const runId = scene.start(workOf({ maxOutputTokens: 100 }));
    scene.tell([{ runId, prefill: { doneTokens: 1, totalTokens: 1, reusedTokens: 0 } }], 0);
    for (let token = 0; token < 30; token++) scene.decode([runId]);
    const queue = [workOf({ inputTokens: 100, maxOutputTokens: 20 }), undefined];
    const { wait, endLowMs } = scene.estimator.forecastNewcomer(
      queue,
      workOf({ inputTokens: 300, maxOutputTokens: 10 }),
    );
    // 70 tokens, then an input of 100 and 20 tokens; then an input of 300 and 10 tokens.
    assert.deepEqual(roundedWait(wait), [1_000, 1_000]);
    assert.equal(Math.round(endLowMs), 1_400);
    assert.deepEqual(scene.estimator.forecastQueue([workOf(), workOf()]).map(roundedWait), [
      [700, 700],
      [1_701, 1_701],
    ]);
  });

  it("spreads as far as the lengths of outputs do", () => {
    const scene = new Scene(1).learn(Array.from({ length: 100 }, (_, index) => index + 1));
    scene.start(workOf({ maxOutputTokens: 1_000, exact: false }));
    const { wait } = scene.estimator.forecastNewcomer([undefined], workOf());
    assert.ok(wait.lowMs > 50 && wait.lowMs < 250, String(wait.lowMs));
    assert.ok(wait.highMs > 800 && wait.highMs < 1_200, String(wait.highMs));
  });

  it("expects a tenant at the bound of its running calls to wait for its own runs beside free slots", () => {
    const policies: TenantPolicies = {
      of: (tenant) => (tenant === "acme" ? { weight: 1, runningCalls: 1 } : { weight: 1 }),
    };
    const scene = new Scene(4, policies).learn(Array.from({ length: 20 }, () => 50));
    const runId = scene.start(workOf({ maxOutputTokens: 100, tenant: "acme" }));
    scene.tell([{ runId, prefill: { doneTokens: 1, totalTokens: 1, reusedTokens: 0 } }], 0);
    for (let token = 0; token < 30; token++) scene.decode([runId]);
    const own = workOf({ maxOutputTokens: 20, tenant: "acme" });
    assert.deepEqual(roundedWait(scene.estimator.forecastNewcomer([undefined], own).wait), [700, 700]);
    const other = workOf({ tenant: "other" });
    const waits = scene.estimator.forecastQueue([own, own, other]).map(roundedWait);
    assert.deepEqual(waits[2], [0, 0]);
    // The other one decodes beside them, for which no step was measured, so that its steps may take a little longer.
    assert.ok(waits[0]?.[0] !== undefined && waits[0][0] >= 700 && waits[0][0] < 1_000, String(waits));
    assert.ok(waits[1]?.[0] !== undefined && waits[1][0] > waits[0][0] + 200, String(waits));
    assert.equal(scene.estimator.retryAfterMs(0, "acme"), 700);
    assert.equal(scene.estimator.retryAfterMs(0, "other"), 100);
  });

  it("takes a parked run for one that may give its slot up at once, or go on", () => {
    const scene = new Scene(1).learn(Array.from({ length: 20 }, () => 50));
    const runId = scene.start(workOf({ maxOutputTokens: 100 }));
    scene.tell([{ runId, prefill: { doneTokens: 1, totalTokens: 1, reusedTokens: 0 }, stage: "parked" }], 0);
    assert.deepEqual(roundedWait(scene.estimator.forecastNewcomer([undefined]).wait), [0, 1_000]);
    scene.decode([runId]);
    assert.deepEqual(roundedWait(scene.estimator.forecastNewcomer([undefined]).wait), [990, 990]);
  });

  it("counts a run that is being ended for what is left of its step, and no longer", () => {
    const scene = new Scene(1).learn(Array.from({ length: 20 }, () => 50));
    const runId = scene.start(workOf({ maxOutputTokens: 800 }));
    scene.tell([{ runId, prefill: { doneTokens: 1, totalTokens: 1, reusedTokens: 0 } }], 0);
    scene.decode([runId]);
    assert.deepEqual(roundedWait(scene.estimator.forecastNewcomer([undefined]).wait), [7_990, 7_990]);
    assert.equal(scene.estimator.retryAfterMs(), 7_990);
    scene.estimator.ending(runId);
    assert.deepEqual(roundedWait(scene.estimator.forecastNewcomer([undefined]).wait), [10, 10]);
    assert.deepEqual(scene.estimator.forecastQueue([workOf({ maxOutputTokens: 20 }), workOf()]).map(roundedWait), [
      [10, 10],
      [211, 211],
    ]);
    assert.equal(scene.estimator.retryAfterMs(), 100, "the least that anyone is told");
    scene.clock.advance(6);
    assert.deepEqual(roundedWait(scene.estimator.forecastNewcomer([undefined]).wait), [4, 4]);
    scene.clock.advance(60);
    assert.deepEqual(roundedWait(scene.estimator.forecastNewcomer([undefined]).wait), [0, 0]);
  });

  it("counts a run no longer than its time limit or its deadline lets it, and no shorter than its step", () => {
    for (const bound of [{ timeLimitMs: 205 }, { deadlineMs: 205 }]) {
      const scene = new Scene(1).learn(Array.from({ length: 20 }, () => 50));
      const runId = scene.start(workOf({ maxOutputTokens: 800, ...bound }));
      scene.tell([{ runId, prefill: { doneTokens: 1, totalTokens: 1, reusedTokens: 0 } }], 0);
      scene.decode([runId]);
      assert.deepEqual(roundedWait(scene.estimator.forecastNewcomer([undefined]).wait), [205, 205]);
      scene.clock.advance(200);
      scene.decode([runId]);
      assert.deepEqual(roundedWait(scene.estimator.forecastNewcomer([undefined]).wait), [10, 10]);
    }
  });

  it("expects others to leave at their deadlines, and the newcomer to stay", () => {
    const scene = new Scene(1).learn(Array.from({ length: 20 }, () => 50));
    scene.start(workOf({ maxOutputTokens: 100, deadlineMs: 200 }));
    scene.clock.advance(50);
    const late = workOf({ maxOutputTokens: 100, deadlineMs: 160 });
    const { wait, endLowMs } = scene.estimator.forecastNewcomer([late, undefined], late);
    assert.deepEqual([...roundedWait(wait), Math.round(endLowMs)], [150, 150, 1_151]);
  });

  it("counts on the share of inputs that is in a sequence already", () => {
    const scene = new Scene(1);
    for (let run = 0; run < 50; run++) {
      const runId = scene.start(workOf({ inputTokens: 100 }));
      const prefill = { doneTokens: 100, totalTokens: 100, reusedTokens: 80 };
      scene.tell([{ runId, prefill }], 20);
      for (let token = 0; token < 10; token++) scene.decode([runId]);
      scene.end(runId, "max_tokens", 10);
    }
    const { endLowMs } = scene.estimator.forecastNewcomer(
      [undefined],
      workOf({ inputTokens: 1_000, maxOutputTokens: 1 }),
    );
    assert.ok(Math.abs(endLowMs - 210) < 15, String(endLowMs));
  });

  it("expects less and less while newcomers come and no step follows, so that it refuses nobody for ever", () => {
    const scene = new Scene(1);
    const work = workOf({ maxOutputTokens: 100 });
    const run = scene.start(workOf());
    for (let step = 0; step < 100; step++) scene.decode([run]);
    scene.estimator.giveUp(run);
    scene.clock.advance(600_000);
    const { endLowMs } = scene.estimator.forecastNewcomer([undefined], work);
    assert.ok(endLowMs > 900);
    scene.clock.advance(60_000);
    const later = scene.estimator.forecastNewcomer([undefined], work);
    assert.equal(Math.round(later.endLowMs), Math.round(endLowMs / 4));
    scene.decode([scene.start(workOf())]);
    assert.ok(scene.estimator.forecastNewcomer([undefined], work).endLowMs > 900);
  });

  it("forgets the runs of an engine that is gone", () => {
    const scene = new Scene(1).learn([20]);
    scene.start(workOf());
    scene.estimator.clear();
    assert.deepEqual(scene.estimator.forecastNewcomer([undefined]).wait, { lowMs: 0, highMs: 0 });
  });

  it("tells a refused caller when a slot falls free, or when its wait is no longer too long", () => {
    const scene = new Scene(1).learn(Array.from({ length: 20 }, () => 50));
    scene.start(workOf({ maxOutputTokens: 100 }));
    assert.ok(Math.abs(scene.estimator.retryAfterMs() - 1_001) <= 2);
    assert.equal(scene.estimator.retryAfterMs(3_000.5), 3_001);
    assert.equal(scene.estimator.retryAfterMs(1), 100);
  });

  it("never promises more than it fears, nor less for a later position", () => {
    const wanted = fc.record({
      inputTokens: fc.integer({ min: 1, max: 500 }),
      maxOutputTokens: fc.integer({ min: 1, max: 500 }),
      exact: fc.boolean(),
      deadlineMs: fc.oneof(fc.constant(undefined), fc.nat(5_000)),
    }) as fc.Arbitrary<Wanted>;
    const some = (maxLength: number): fc.Arbitrary<Wanted[]> => fc.array(wanted, { maxLength });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(60), { maxLength: 30 }),
        fc.record({ held: some(5), waiting: some(20) }),
        (slots, lengths, { held, waiting }) => {
          const scene = new Scene(slots).learn(lengths);
          for (const run of held.slice(0, slots)) scene.start(workOf(run));
          let before = { lowMs: 0, highMs: 0 };
          const queue = waiting.map(workOf);
          for (const wait of scene.estimator.forecastQueue(queue)) {
            assert.ok(wait.lowMs >= before.lowMs && wait.highMs >= before.highMs && wait.lowMs <= wait.highMs);
            before = wait;
          }
          const newcomer = scene.estimator.forecastNewcomer([...queue, undefined], workOf());
          assert.ok(newcomer.wait.lowMs >= before.lowMs && newcomer.endLowMs >= newcomer.wait.lowMs);
        },
      ),
      { numRuns: 50 },
    );
  });
});
