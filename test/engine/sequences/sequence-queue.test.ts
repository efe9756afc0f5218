import assert from "node:assert/strict";
import { OutputReader } from "../../../src/engine/output/output-reader.js";
import { RunQueue } from "../../../src/engine/sequences/sequence-queue.js";
import { Run } from "../../../src/engine/run/run.js";
import { systemClock } from "../../../src/sync/clock.js";
import { ScriptedEngine } from "../../support/scripted-engine.js";
import { AMPLE_CREDIT, specOf } from "../loop-harness.js";

const engine = new ScriptedEngine();
const run = (runId: number): Run =>
  new Run({
    spec: specOf(runId, { prompt: "x" }),
    credit: AMPLE_CREDIT,
    engine,
    clock: systemClock,
    drafts: false,
    readOutput: (format) => new OutputReader({ format, ...format }),
  });

describe("run queue", () => {
  it("hands runs out in order of arrival", () => {
    const queue = new RunQueue(2);
    const [first, second] = [run(1), run(2)];
    queue.offer(first);
    queue.offer(second);
    assert.equal(queue.take(), first);
    assert.equal(queue.take(), second);
    assert.equal(queue.take(), undefined);
  });

  it("takes no more than it has room for", () => {
    const queue = new RunQueue(1);
    assert.equal(queue.offer(run(1)), true);
    assert.equal(queue.offer(run(2)), false);
  });

  it("forgets a run that leaves, and has its position free again", () => {
    const queue = new RunQueue(1);
    const leaver = run(1);
    queue.offer(leaver);
    queue.remove(leaver);
    assert.equal(queue.take(), undefined);
    assert.equal(queue.offer(run(2)), true);
  });
});
