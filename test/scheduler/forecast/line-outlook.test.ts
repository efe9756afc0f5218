import assert from "node:assert/strict";
import type { Lane } from "../../../src/core/generation-request.js";
import type { Waiter } from "../../../src/scheduler/queue/lane-queue.js";
import { LineOutlook } from "../../../src/scheduler/forecast/line-outlook.js";
import { RunWork } from "../../../src/scheduler/forecast/run-work.js";
import { WaitEstimator } from "../../../src/scheduler/forecast/wait-estimator.js";
import { WaitingRoom } from "../../../src/scheduler/queue/waiting-room.js";
import { ManualClock } from "../../support/manual-clock.js";
import { runOf } from "../scheduler-rig.js";

const SLOTS = 4;
const STEP_MS = 10;
const OUTPUT_TOKENS = 100;
/** Of a line in which all ask for the same: each slot serves one after the other. */
const MS_A_PLACE = (OUTPUT_TOKENS * STEP_MS) / SLOTS;

function workOf(deadlineMs?: number): RunWork {
  const run = runOf(new Uint32Array(1), { maxOutputTokens: OUTPUT_TOKENS, ignoreEndOfGeneration: true });
  return new RunWork({ ...run, deadlineMs });
}

interface Guest extends Waiter {
  readonly work: RunWork;
}

/** Full slots whose pace is known, and a line. */
class Scene {
  readonly clock = new ManualClock();
  readonly outlook: LineOutlook;
  readonly #room: WaitingRoom<Guest>;
  /** How often the whole line was gone through. */
  looks = 0;

  constructor() {
    const { clock } = this;
    const estimator = new WaitEstimator(SLOTS, clock);
    const weights = { interactive: 3, batch: 1 };
    const room = new WaitingRoom<Guest>({ weights, capacity: 100_000, forecast: () => [], clock });
    const counted = {
      waiting: (lane: Lane) => room.waiting(lane),
      returning: 0,
      order: (newcomer: Lane) => {
        this.looks += 1;
        return room.order(newcomer);
      },
    };
    this.#room = room;
    this.outlook = new LineOutlook({ room: counted, estimator, clock });
    const updates = Array.from({ length: SLOTS }, (_, index) => {
      estimator.start(index + 1, workOf());
      return { runId: index + 1, stage: "running", pieces: [], decodedTokens: 1, prefillTokensLeft: 0 } as const;
    });
    const rest = { prefill: undefined, reprefilledTokens: 0, end: undefined };
    const whole = updates.map((update) => ({ ...update, ...rest }));
    const drafts = { draftTokens: 0, acceptedDraftTokens: 0 };
    estimator.observe({ type: "step", updates: whole, stepMs: STEP_MS, ...drafts, kvTokens: 0 });
  }

  join(lane: Lane, count: number): void {
    for (let joined = 0; joined < count; joined++) {
      const guest = { lane, isNew: true, grants: 1, work: workOf(), tellPlace: () => undefined };
      this.#room.join(guest, { lowMs: 0, highMs: 0 });
    }
  }
}

describe("LineOutlook", () => {
  it("looks at a short line for each that comes", () => {
    const scene = new Scene();
    scene.join("interactive", 10);
    for (let asked = 1; asked <= 5; asked++) {
      scene.outlook.forecast("interactive", workOf());
      assert.equal(scene.looks, asked);
    }
  });

  it("foretells what is in proportion to the place, with few looks, while a line grows to thousands", () => {
    const scene = new Scene();
    for (let place = 1; place <= 3_000; place++) {
      const { wait } = scene.outlook.forecast("interactive");
      const expectedMs = place * MS_A_PLACE;
      if (place > 64) assert.ok(Math.abs(wait.lowMs - expectedMs) < 0.1 * expectedMs, `${place}: ${wait.lowMs}`);
      assert.ok(wait.lowMs <= wait.highMs);
      scene.join("interactive", 1);
    }
    assert.ok(scene.looks < 64 + 100, String(scene.looks));
  });

  it("looks again when its look is old, and counts the time that has passed meanwhile", () => {
    const scene = new Scene();
    scene.join("batch", 1_000);
    const first = scene.outlook.forecast("batch").wait.lowMs;
    scene.clock.advance(150);
    assert.equal(scene.outlook.forecast("batch").wait.lowMs, first - 150);
    assert.equal(scene.looks, 1);
    scene.clock.advance(50);
    scene.outlook.forecast("batch");
    assert.equal(scene.looks, 2);
  });

  it("keeps the lanes apart", () => {
    const scene = new Scene();
    scene.join("interactive", 1_000);
    const interactive = scene.outlook.forecast("interactive").wait.lowMs;
    const batch = scene.outlook.forecast("batch").wait.lowMs;
    assert.ok(batch < interactive / 100, `${batch} beside ${interactive}`);
  });

  it("adds the run's own time where it has a deadline", () => {
    const scene = new Scene();
    scene.join("interactive", 1_000);
    const { wait, endLowMs } = scene.outlook.forecast("interactive", workOf(1));
    const runMs = endLowMs - wait.lowMs;
    assert.ok(Math.abs(runMs - OUTPUT_TOKENS * STEP_MS) < 0.1 * OUTPUT_TOKENS * STEP_MS, String(runMs));
  });
});
