import assert from "node:assert/strict";
import type { Lane } from "../../../src/core/generation-request.js";
import { EQUAL_TENANTS, type TenantPolicies } from "../../../src/core/tenant-policy.js";
import type { Waiter } from "../../../src/scheduler/queue/tenant-flow.js";
import { ForecastCache } from "../../../src/scheduler/forecast/forecast-cache.js";
import { type ExpectedRun, RunWork } from "../../../src/scheduler/forecast/run-work.js";
import { WaitEstimator } from "../../../src/scheduler/forecast/wait-estimator.js";
import { SlotQueue } from "../../../src/scheduler/queue/slot-queue.js";
import { ManualClock } from "../../support/manual-clock.js";
import { runOf } from "../scheduler-rig.js";

const SLOTS = 4;
const STEP_MS = 10;
const OUTPUT_TOKENS = 100;
/** The wait of each position in a queue of equal runs. */
const MS_A_POSITION = (OUTPUT_TOKENS * STEP_MS) / SLOTS;

function workOf(deadlineMs?: number, tenant = ""): RunWork {
  const run = runOf(new Uint32Array(1), { maxOutputTokens: OUTPUT_TOKENS, ignoreEndOfGeneration: true });
  return new RunWork({ ...run, deadlineMs }, tenant);
}

const WAITER = { isNew: true, hasYielded: false, grants: 1, expectedWork: 1 };

function newcomer(lane: Lane, tenant = ""): { lane: Lane; tenant: string; priority: number } {
  return { lane, tenant, priority: 0 };
}

interface Guest extends Waiter {
  readonly work: RunWork;
}

/** Full slots whose pace is known, and a queue. */
class Scene {
  readonly clock = new ManualClock();
  readonly forecasts: ForecastCache;
  readonly #queue: SlotQueue<Guest>;
  /** How often the whole queue was forecast. */
  wholeForecasts = 0;

  constructor(policies: TenantPolicies = EQUAL_TENANTS) {
    const { clock } = this;
    const estimator = new WaitEstimator({ slots: SLOTS, policies, clock });
    const weights = { interactive: 3, batch: 1 };
    const queue = new SlotQueue<Guest>({
      weights,
      policies,
      mayRun: () => true,
      capacity: 100_000,
      forecast: () => [],
      clock,
    });
    const counted = {
      waiting: (lane: Lane) => queue.waiting(lane),
      waitingOf: (tenant: string, lane: Lane) => queue.waitingOf(tenant, lane),
      returning: 0,
      position: (newcomer: ExpectedRun) => queue.position(newcomer),
      order: (newcomer: ExpectedRun) => {
        this.wholeForecasts += 1;
        return queue.order(newcomer);
      },
    };
    this.#queue = queue;
    this.forecasts = new ForecastCache({
      queue: counted,
      policies,
      estimator,
      yields: () => new Map(),
      clock,
    });
    const updates = Array.from({ length: SLOTS }, (_, index) => {
      estimator.start(index + 1, workOf());
      return { runId: index + 1, stage: "running", pieces: [], decodedTokens: 1, prefillTokensLeft: 0 } as const;
    });
    const rest = { prefill: undefined, reprefilledTokens: 0, end: undefined };
    const whole = updates.map((update) => ({ ...update, ...rest }));
    const drafts = { draftTokens: 0, acceptedDraftTokens: 0 };
    estimator.observe({ type: "step", updates: whole, stepMs: STEP_MS, ...drafts, kvTokens: 0 });
  }

  join(lane: Lane, count: number, tenant = ""): void {
    for (let joined = 0; joined < count; joined++) {
      const guest = {
        ...newcomer(lane, tenant),
        ...WAITER,
        work: workOf(undefined, tenant),
        tellPosition: () => undefined,
      };
      this.#queue.join(guest, { lowMs: 0, highMs: 0 });
    }
  }
}

describe("ForecastCache", () => {
  it("forecasts a short queue anew for each newcomer", () => {
    const scene = new Scene();
    scene.join("interactive", 10);
    for (let asked = 1; asked <= 5; asked++) {
      scene.forecasts.forecast(newcomer("interactive"), workOf());
      assert.equal(scene.wholeForecasts, asked);
    }
  });

  it("forecasts waits in proportion to the position, with few forecasts of the whole queue, while it grows to thousands", () => {
    const scene = new Scene();
    for (let position = 1; position <= 3_000; position++) {
      const { wait } = scene.forecasts.forecast(newcomer("interactive"));
      const expectedMs = position * MS_A_POSITION;
      if (position > 64) assert.ok(Math.abs(wait.lowMs - expectedMs) < 0.1 * expectedMs, `${position}: ${wait.lowMs}`);
      assert.ok(wait.lowMs <= wait.highMs);
      scene.join("interactive", 1);
    }
    assert.ok(scene.wholeForecasts < 64 + 100, String(scene.wholeForecasts));
  });

  it("forecasts anew when the cached forecast is old, and counts the time that has passed meanwhile", () => {
    const scene = new Scene();
    scene.join("batch", 1_000);
    const first = scene.forecasts.forecast(newcomer("batch")).wait.lowMs;
    scene.clock.advance(150);
    assert.equal(scene.forecasts.forecast(newcomer("batch")).wait.lowMs, first - 150);
    assert.equal(scene.wholeForecasts, 1);
    scene.clock.advance(50);
    scene.forecasts.forecast(newcomer("batch"));
    assert.equal(scene.wholeForecasts, 2);
  });

  it("keeps the lanes apart", () => {
    const scene = new Scene();
    scene.join("interactive", 1_000);
    const interactive = scene.forecasts.forecast(newcomer("interactive")).wait.lowMs;
    const batch = scene.forecasts.forecast(newcomer("batch")).wait.lowMs;
    assert.ok(batch < interactive / 100, `${batch} beside ${interactive}`);
  });

  it("tells a tenant that bounds its running calls the wait for its own runs, in few forecasts", () => {
    const policies: TenantPolicies = {
      of: (tenant) => (tenant === "acme" ? { weight: 1, runningCalls: 1 } : { weight: 1 }),
    };
    const scene = new Scene(policies);
    for (let position = 1; position <= 1_000; position++) {
      const { wait } = scene.forecasts.forecast(newcomer("interactive", "acme"));
      // The slots are taken by others; from then on the tenant has one of them.
      const expectedMs = position * OUTPUT_TOKENS * STEP_MS;
      if (position > 64) assert.ok(Math.abs(wait.lowMs - expectedMs) < 0.1 * expectedMs, `${position}: ${wait.lowMs}`);
      scene.join("interactive", 1, "acme");
    }
    assert.ok(scene.wholeForecasts < 64 + 100, String(scene.wholeForecasts));
    const other = scene.forecasts.forecast(newcomer("interactive", "other")).wait;
    assert.ok(other.lowMs < 2 * OUTPUT_TOKENS * STEP_MS, `${other.lowMs} for a tenant that passes them`);
  });

  it("adds the run's own time where it has a deadline", () => {
    const scene = new Scene();
    scene.join("interactive", 1_000);
    const { wait, endLowMs } = scene.forecasts.forecast(newcomer("interactive"), workOf(1));
    const runMs = endLowMs - wait.lowMs;
    assert.ok(Math.abs(runMs - OUTPUT_TOKENS * STEP_MS) < 0.1 * OUTPUT_TOKENS * STEP_MS, String(runMs));
  });
});
