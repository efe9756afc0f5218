import assert from "node:assert/strict";
import type { EngineNotice } from "../../../src/core/engine-messages.js";
import { SlotHandover } from "../../../src/engine/loop/engine-host.js";
import { ManualClock } from "../../support/manual-clock.js";
import { ScriptedEngine } from "../../support/scripted-engine.js";
import { LoopHarness } from "../loop-harness.js";
import { someTurns } from "../scripted-loop.js";

const LIMIT_MS = 3;

/** A loop that hands slots over by a clock that stands still, over an engine that echoes for ever. */
class Scene implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly handover = new SlotHandover(this.clock, LIMIT_MS);
  readonly engine = new ScriptedEngine({ sequences: 2, cycle: true });
  /** How many runs each step pulled. */
  readonly pulls: number[] = [];
  readonly harness: LoopHarness;
  /** Called for a notice that tells of a run that ended or was preempted. */
  #onVacancy: () => void = () => undefined;

  constructor() {
    this.engine.beforeStep = (work) => void this.pulls.push(work.pulls.length);
    const { clock, handover } = this;
    const onNotice = (notice: EngineNotice): void => {
      if (notice.type !== "step") return;
      if (notice.updates.some(({ stage }) => stage === "ended" || stage === "preempted")) this.#onVacancy();
    };
    this.harness = new LoopHarness(this.engine, { clock, handover, onNotice });
  }

  /** Steps since two runs decoded together, in which only one did. */
  get lonelySteps(): number {
    return this.pulls.slice(this.pulls.indexOf(2)).filter((pulled) => pulled < 2).length;
  }

  /** The run that gets the next freed slot, which arrives as a command some turns later. */
  async successor(): Promise<number> {
    await new Promise<void>((onVacancy) => (this.#onVacancy = onVacancy));
    this.#onVacancy = () => undefined;
    await someTurns();
    const runId = this.harness.start({ prompt: "comes" });
    this.handover.done();
    return runId;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.handover.done();
    await this.harness[Symbol.asyncDispose]();
  }
}

describe("step loop: a freed slot", () => {
  it("is taken in the very next step", async () => {
    await using scene = new Scene();
    const { harness } = scene;
    harness.start({ prompt: "stays" });
    const leaving = harness.start({ prompt: "leaves", stopping: { maxOutputTokens: 3 } });
    const next = scene.successor();
    await harness.end(leaving);
    await harness.until(await next, (story) => story.decodedTokens > 3);
    assert.equal(scene.lonelySteps, 0);
  });

  it("is taken so where a run was preempted, too", async () => {
    await using scene = new Scene();
    const { harness } = scene;
    harness.start({ prompt: "stays" });
    const slow = harness.start({ prompt: "gives way" });
    await harness.until(slow, (story) => story.decodedTokens > 0);
    const next = scene.successor();
    harness.loop.preempt(slow);
    await harness.until(slow, (story) => story.preempted);
    await harness.until(await next, (story) => story.decodedTokens > 3);
    assert.equal(scene.lonelySteps, 0);
  });

  it("is waited for no longer than the limit", async () => {
    await using scene = new Scene();
    const { harness, clock, pulls } = scene;
    const staying = harness.start({ prompt: "stays" });
    const leaving = harness.start({ prompt: "leaves", stopping: { maxOutputTokens: 3 } });
    await harness.end(leaving);
    await someTurns();
    const steps = pulls.length;
    clock.advance(LIMIT_MS - 0.5);
    await someTurns();
    assert.equal(pulls.length, steps);
    clock.advance(0.5);
    const { decodedTokens } = harness.story(staying);
    await harness.until(staying, (story) => story.decodedTokens > decodedTokens);
  });

  it("is not waited for where nobody else decodes", async () => {
    await using scene = new Scene();
    const request = { prompt: "alone", stopping: { maxOutputTokens: 2 } };
    assert.equal((await scene.harness.complete(request)).text, "al");
    assert.equal((await scene.harness.complete(request)).text, "al");
  });

  it("an answer that came too late, or to nothing, is no answer to the next", async () => {
    const clock = new ManualClock();
    const handover = new SlotHandover(clock, LIMIT_MS);
    const late = handover.wait();
    clock.advance(LIMIT_MS);
    await late;
    handover.done();
    let waited = false;
    const waiting = handover.wait().then(() => (waited = true));
    await someTurns();
    assert.equal(waited, false);
    handover.done();
    await waiting;
    assert.equal(clock.pendingTimers, 0);
  });
});
