import assert from "node:assert/strict";
import type { EngineNotice } from "../../../src/core/engine-messages.js";
import { SCRIPT, ScriptedEngine } from "../../support/scripted-engine.js";
import { LoopHarness } from "../loop-harness.js";
import { bytes } from "../scripted-loop.js";

const FAULT_LIMIT = 3;
const FAILING = { prompt: [...bytes("ab"), SCRIPT.FAIL_PULL] };
const FAILING_AT_ONCE = { prompt: [SCRIPT.FAIL_PULL] };
const FAILING_PREFILL = { prompt: [...bytes("abc"), SCRIPT.FAIL_PREFILL, ...bytes("d")] };

const isBroken = (notice: EngineNotice): boolean => notice.type === "broken";

describe("step loop: faults in a row", () => {
  it("have the engine checked, which is given up where the check fails too", async () => {
    const engine = new ScriptedEngine({ breaksAfterPulls: 4 });
    await using harness = new LoopHarness(engine, { faultLimit: FAULT_LIMIT });
    await harness.complete({ prompt: "abc" });
    const broken = [
      "the engine failed in 3 generations in a row, and then in a check of its own: the script says fail",
    ];
    const told = (): string[] =>
      harness.notices.flatMap((notice) => (notice.type === "broken" ? [notice.message] : []));
    for (let run = 0; run < FAULT_LIMIT; run++) {
      assert.deepEqual(told(), []);
      assert.equal((await harness.complete({ prompt: "abc" })).end.outcome.type, "failed");
    }
    await harness.finished;
    assert.deepEqual(told(), broken);
    assert.equal(engine.openDecoders, 0);
  });

  it("end all that still run, which could not go on either", async () => {
    const engine = new ScriptedEngine({ breaksAfterPulls: 1, sequences: 2 });
    await using harness = new LoopHarness(engine, { faultLimit: FAULT_LIMIT });
    const parked = harness.start({ prompt: "abc", credit: { pieces: 1, bytes: 100 } });
    await harness.until(parked, (story) => story.parked);
    for (let run = 0; run < FAULT_LIMIT; run++) await harness.complete({ prompt: "abc" });
    assert.equal((await harness.end(parked)).outcome.type, "cancelled");
    assert.equal(harness.notices.filter(isBroken).length, 1);
  });

  it("that callers provoke leave a sound engine alone, however many", async () => {
    const engine = new ScriptedEngine();
    await using harness = new LoopHarness(engine, { faultLimit: FAULT_LIMIT });
    for (const request of [FAILING_AT_ONCE, FAILING_PREFILL, FAILING]) {
      for (let run = 0; run < 4 * FAULT_LIMIT; run++) {
        assert.equal((await harness.complete(request)).end.outcome.type, "failed");
      }
    }
    assert.equal((await harness.complete({ prompt: "sound" })).text, "sound");
    assert.equal(harness.notices.filter(isBroken).length, 0);
    assert.equal(engine.openDecoders, 0);
  });

  it("are counted anew after any token that was sampled", async () => {
    const engine = new ScriptedEngine();
    await using harness = new LoopHarness(engine, { faultLimit: FAULT_LIMIT });
    const pullsOf = async (action: () => Promise<unknown>): Promise<number> => {
      const before = engine.pulls;
      await action();
      return engine.pulls - before;
    };
    const failAtOnce = async (): Promise<unknown> => await harness.complete(FAILING_AT_ONCE);
    const drawOne = async (): Promise<unknown> =>
      await harness.complete({ prompt: "a", stopping: { maxOutputTokens: 1 } });
    const pulls = [];
    for (const action of [failAtOnce, failAtOnce, drawOne, failAtOnce, failAtOnce, drawOne]) {
      pulls.push(await pullsOf(action));
    }
    assert.deepEqual(pulls, [1, 1, 1, 1, 1, 1], "no check was made");
  });
});
