import assert from "node:assert/strict";
import { GenerationError } from "../../../src/core/generation-error.js";
import {
  type PhaseEvent,
  nextPhase,
  type GenerationPhase,
  stateOf,
} from "../../../src/scheduler/generation/generation-phase.js";

const place: Disposable = { [Symbol.dispose]: () => undefined };
const first = new GenerationError("CANCELLED", "first");
const second = new GenerationError("ENGINE_LOST", "second");
const finish = { type: "finished", reason: "max_tokens", stopMatch: undefined, incompleteText: false } as const;

const phases = {
  preparing: { type: "preparing" },
  waiting: { type: "waiting", place },
  active: { type: "active", runId: 7, state: "parked" },
  preempted: { type: "preempted", runId: 7, place: undefined },
  leaving: { type: "leaving", runId: 7, state: "parked", error: first },
  delivering: { type: "delivering", finish },
  finished: { type: "finished", finish },
  failed: { type: "failed", error: first },
} as const satisfies Record<string, GenerationPhase>;

const happenings = {
  lined_up: { type: "lined_up", place },
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

/** Phase by phase, what follows each happening; what is left out cannot happen. */
const table: Record<keyof typeof phases, Partial<Record<keyof typeof happenings, GenerationPhase>>> = {
  preparing: { lined_up: phases.waiting, started, finished: phases.delivering, aborted: lost },
  waiting: { started, finished: phases.delivering, aborted: lost },
  active: {
    stepped: { ...phases.active, state: "running" },
    preempted: phases.preempted,
    finished: phases.delivering,
    aborted: { ...phases.leaving, error: second },
    run_lost: lost,
  },
  preempted: {
    lined_up: { ...phases.preempted, place },
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
    for (const what of Object.keys(happenings) as (keyof typeof happenings)[]) {
      const expected = table[from][what];
      it(`${from} + ${what} → ${expected?.type ?? "impossible"}`, () => {
        if (expected === undefined) {
          assert.throws(() => nextPhase(phases[from], happenings[what]), /cannot be/);
        } else {
          assert.deepEqual(nextPhase(phases[from], happenings[what]), expected);
        }
      });
    }
  }

  it("returns the same phase when nothing changes, so that nothing is done twice", () => {
    assert.equal(nextPhase(phases.active, { type: "stepped", state: "parked" }), phases.active);
    assert.equal(nextPhase(phases.leaving, happenings.aborted), phases.leaving);
    assert.equal(nextPhase(phases.failed, happenings.aborted), phases.failed);
  });
});

describe("stateOf", () => {
  it("shows a generation that is leaving where it was, for its slot is still held", () => {
    const states = Object.values(phases).map((phase) => stateOf(phase));
    assert.deepEqual(states, ["preparing", "waiting", "parked", "preempted", "parked", "ended", "ended", "ended"]);
  });
});
