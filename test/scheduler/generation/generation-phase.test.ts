import assert from "node:assert/strict";
import { GenerationError } from "../../../src/core/generation-error.js";
import {
  type PhaseEvent,
  nextPhase,
  type GenerationPhase,
  stateOf,
} from "../../../src/scheduler/generation/generation-phase.js";

const entry: Disposable = { [Symbol.dispose]: () => undefined };
const first = new GenerationError("CANCELLED", "first");
const second = new GenerationError("ENGINE_LOST", "second");
const finish = { type: "finished", reason: "max_tokens", stopMatch: undefined, incompleteText: false } as const;

const phases = {
  preparing: { type: "preparing" },
  waiting: { type: "waiting", entry },
  active: { type: "active", runId: 7, state: "parked" },
  preempted: { type: "preempted", runId: 7, entry: undefined },
  leaving: { type: "leaving", runId: 7, state: "parked", error: first },
  delivering: { type: "delivering", finish },
  finished: { type: "finished", finish },
  failed: { type: "failed", error: first },
} as const satisfies Record<string, GenerationPhase>;

const events = {
  queued: { type: "queued", entry },
  started: { type: "started", runId: 7 },
  stepped: { type: "stepped", state: "running" },
  preempted: { type: "preempted" },
  finished: { type: "finished", finish },
  handed_out: { type: "handed_out" },
  aborted: { type: "aborted", error: second },
  run_lost: { type: "run_lost", error: second },
} as const satisfies Record<string, PhaseEvent>;

const started = { type: "active", runId: 7, state: "prefilling" } as const;
const lost = { type: "failed", error: second } as const;

/** Phase by phase, the phase that follows each event. An event that is left out cannot happen. */
const table: Record<keyof typeof phases, Partial<Record<keyof typeof events, GenerationPhase>>> = {
  preparing: { queued: phases.waiting, started, finished: phases.delivering, aborted: lost },
  waiting: { started, finished: phases.delivering, aborted: lost },
  active: {
    stepped: { ...phases.active, state: "running" },
    preempted: phases.preempted,
    finished: phases.delivering,
    aborted: { ...phases.leaving, error: second },
    run_lost: lost,
  },
  preempted: {
    queued: { ...phases.preempted, entry },
    started,
    finished: phases.delivering,
    aborted: { ...phases.leaving, state: "preempted", error: second },
    run_lost: lost,
  },
  leaving: {
    preempted: { ...phases.leaving, state: "preempted" },
    stepped: phases.leaving,
    finished: phases.failed,
    aborted: phases.leaving,
    run_lost: phases.failed,
  },
  delivering: { handed_out: phases.finished, aborted: lost },
  finished: { aborted: phases.finished },
  failed: { aborted: phases.failed },
};

describe("nextPhase", () => {
  for (const from of Object.keys(phases) as (keyof typeof phases)[]) {
    for (const what of Object.keys(events) as (keyof typeof events)[]) {
      const expected = table[from][what];
      it(`${from} + ${what} → ${expected?.type ?? "impossible"}`, () => {
        if (expected === undefined) {
          assert.throws(() => nextPhase(phases[from], events[what]), /cannot be/);
        } else {
          assert.deepEqual(nextPhase(phases[from], events[what]), expected);
        }
      });
    }
  }

  it("returns the same phase when nothing changes, so that nothing is done twice", () => {
    assert.equal(nextPhase(phases.active, { type: "stepped", state: "parked" }), phases.active);
    assert.equal(nextPhase(phases.leaving, events.aborted), phases.leaving);
    assert.equal(nextPhase(phases.failed, events.aborted), phases.failed);
  });
});

describe("stateOf", () => {
  it("shows a generation that is leaving where it was, for its slot is still held", () => {
    const states = Object.values(phases).map((phase) => stateOf(phase));
    assert.deepEqual(states, ["preparing", "waiting", "parked", "preempted", "parked", "ended", "ended", "ended"]);
  });
});
