import assert from "node:assert/strict";
import fc from "fast-check";
import { GenerationError } from "../../src/core/generation-error.js";
import type { GenerationState } from "../../src/core/generation-report.js";
import { LANES } from "../../src/core/generation-request.js";
import type { Generation } from "../../src/scheduler/generation/generation.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { echo, ENDLESS, readAll, runOf, SchedulerRig } from "./scheduler-rig.js";

/** How far a generation can have come; one that waits for a state waits for no more than this. */
const PROGRESS: Readonly<Record<GenerationState, number>> = {
  preparing: 0,
  waiting: 1,
  prefilling: 2,
  running: 3,
  parked: 4,
  preempted: 4,
  ended: 5,
};

/** Short enough to end within its credit, without a reader. */
const SHORT = echo("short");
/** A prompt that takes several steps to prefill. */
const LONG = Uint32Array.from({ length: 500 }, () => 97);

const ENDS = ["abort", "immediate", "soft", "dispose"] as const;

const prompts = {
  short: SHORT,
  long: LONG,
  endless: ENDLESS,
  failing: echo("ab", SCRIPT.FAIL_PULL),
} as const;

const script = fc.record({
  lane: fc.constantFrom(...LANES),
  prompt: fc.constantFrom(...(Object.keys(prompts) as (keyof typeof prompts)[])),
  /** The end comes once it has got so far. */
  endsAt: fc.constantFrom(...(Object.keys(PROGRESS) as GenerationState[])),
  how: fc.constantFrom(...ENDS, "none" as const),
  /** Whether somebody reads before the end, too. */
  read: fc.boolean(),
});

type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;

/** Nothing can be left to wait for: an endless run has to be ended, and nobody reads a run beyond its credit to the end. */
function canEnd({ prompt, endsAt, how, read }: Script): boolean {
  if (prompt === "endless" && (how === "none" || endsAt === "ended")) return false;
  return !(prompt === "long" && endsAt === "ended" && !read);
}

/** Every way to end in every state, once. The first holds the only slot, so that the others wait. */
const EVERY_END: readonly Script[] = (
  [
    ["parked", "endless"],
    ["running", "long"],
    ["prefilling", "long"],
    ["ended", "short"],
    ["waiting", "short"],
    ["preparing", "short"],
  ] as const
).flatMap(([endsAt, prompt]) =>
  ENDS.map((how) => ({ lane: "interactive" as const, prompt, endsAt, how, read: false })),
);

async function play(rig: SchedulerRig, step: Script, met: Map<string, number>): Promise<AbortSignal> {
  const controller = new AbortController();
  const generation = rig.open({ lane: step.lane, controller });
  const reading = step.read ? outcomeOf(generation) : undefined;
  if (step.endsAt !== "preparing") {
    try {
      rig.scheduler.submit(generation, runOf(prompts[step.prompt]));
    } catch (error) {
      assert.ok(error instanceof GenerationError && error.code === "QUEUE_FULL");
      generation[Symbol.dispose]();
    }
    await rig.until(() => PROGRESS[generation.state] >= PROGRESS[step.endsAt]);
  }
  const seen = `${step.how} ${generation.state}`;
  met.set(seen, (met.get(seen) ?? 0) + 1);
  end(rig, generation, { how: step.how, controller });
  // What still goes on by now needs a reader to come to its end; what was never submitted, needs to be left.
  if (generation.state === "preparing") generation[Symbol.dispose]();
  const outcome = await (reading ?? outcomeOf(generation));
  if (step.how === "none" && step.prompt === "failing" && step.endsAt !== "preparing") {
    assert.ok(["ENGINE_FAULT", "CANCELLED", "CANCELLED_BY_REQUEST"].includes(outcome), outcome);
  }
  generation[Symbol.dispose]();
  return controller.signal;
}

function end(
  rig: SchedulerRig,
  generation: Generation,
  { how, controller }: { how: Script["how"]; controller: AbortController },
): void {
  if (how === "abort") controller.abort(new GenerationError("DEADLINE_EXCEEDED", "too late"));
  else if (how === "dispose") generation[Symbol.dispose]();
  else if (how !== "none") {
    try {
      rig.cancel({ generationId: generation.generationId }, how);
    } catch (error) {
      assert.ok(error instanceof GenerationError && error.code === "GENERATION_NOT_FOUND");
      assert.equal(generation.state, "ended");
    }
  }
}

async function outcomeOf(generation: Generation): Promise<string> {
  try {
    return (await readAll(generation)).finished.reason;
  } catch (error) {
    if (error instanceof GenerationError) return error.code;
    throw error;
  }
}

describe("Scheduler under random ends", () => {
  it("is as it was before, whoever leaves, however, and wherever it is", async function () {
    this.timeout(60_000);
    const met = new Map<string, number>();
    const rigs = fc.record({ slots: fc.integer({ min: 1, max: 4 }), queuePerSlot: fc.integer({ min: 1, max: 4 }) });
    await fc.assert(
      fc.asyncProperty(rigs, fc.array(script.filter(canEnd), { minLength: 8, maxLength: 24 }), async (size, steps) => {
        await using rig = await SchedulerRig.start({
          slots: size.slots,
          limits: { queuePerSlot: size.queuePerSlot },
          engine: { prefillTokensPerStep: 64 },
        });
        const signals = await Promise.all(steps.map((step) => play(rig, step, met)));
        await rig.scheduler.drained();
        rig.assertBaseline(signals);
        const { acceptedGenerations, ended } = rig.scheduler.load().totals;
        const endedGenerations = [...ended.values()].reduce((sum, count) => sum + count, 0);
        assert.equal(endedGenerations, acceptedGenerations);
      }),
      { numRuns: 40, examples: [[{ slots: 1, queuePerSlot: EVERY_END.length }, [...EVERY_END]]] },
    );
    // Its time stands still, so that nobody is parked for long enough: preemptions have a test of their own.
    for (const state of Object.keys(PROGRESS).filter((name) => name !== "preempted")) {
      for (const how of ENDS) {
        assert.ok(met.has(`${how} ${state}`), `no ${how} met a generation that was ${state}`);
      }
    }
  });
});
