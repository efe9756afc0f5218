import assert from "node:assert/strict";
import { Deferred } from "../../src/sync/deferred.js";
import { ManualClock } from "../support/manual-clock.js";
import { SCRIPT, ScriptedEngine } from "../support/scripted-engine.js";
import { LoopHarness, joined } from "./loop-harness.js";
import { NO_CREDIT, bytes, gateOf, scripted } from "./scripted-loop.js";

describe("step loop: prefill", () => {
  it("is told of as it goes on, and ends at the prompt's length", async () => {
    const engine = new ScriptedEngine();
    await using harness = new LoopHarness(engine, { prefill: { maxTokens: 64 } });
    const runId = harness.start({ prompt: "x".repeat(150), stopping: { maxOutputTokens: 1 } });
    await harness.end(runId);
    assert.deepEqual(
      harness.story(runId).prefills.map(({ doneTokens, totalTokens }) => [doneTokens, totalTokens]),
      [
        [64, 150],
        [128, 150],
        [150, 150],
      ],
    );
  });

  it("goes on between the steps of those who decode", async () => {
    const engine = new ScriptedEngine({ cycle: true, contextTokens: 8_192 });
    await using harness = new LoopHarness(engine, { prefill: { maxTokens: 64 } });
    const decoding = harness.start({ prompt: "abc" });
    await harness.until(decoding, (story) => story.decodedTokens > 0);
    const before = harness.story(decoding).decodedTokens;
    const reading = harness.start({ prompt: "x".repeat(640) });
    await harness.until(reading, (story) => story.decodedTokens > 0);
    assert.ok(harness.story(decoding).decodedTokens >= before + 9);
  });

  it("serves long prompts in turns where a step has time for one", async () => {
    const engine = new ScriptedEngine();
    await using harness = new LoopHarness(engine, { prefill: { budgetMs: 1 } });
    const [first, second] = ["x", "y"].map((letter) => harness.start({ prompt: letter.repeat(640) }));
    await harness.until(first ?? 0, (story) => story.decodedTokens > 0);
    assert.ok((harness.story(second ?? 0).prefills.at(-1)?.doneTokens ?? 0) >= 512);
  });

  it("takes short prompts together that came while the first of them was prefilled", async () => {
    const engine = new ScriptedEngine({ sequences: 8, cycle: true });
    await using harness = new LoopHarness(engine, { prefill: { budgetMs: 1 } });
    const pulls = await pullsPerStep(engine, async (gate) => {
      harness.start({ prompt: "first" });
      await gate;
      for (let caller = 0; caller < 7; caller++) harness.start({ prompt: `${caller} came with it` });
    });
    assert.deepEqual(pulls.slice(0, 4), [1, 4, 8, 8]);
  });

  it("takes short prompts by the budget that came while others decoded", async () => {
    const engine = new ScriptedEngine({ sequences: 8, cycle: true, stepMs: 2 });
    await using harness = new LoopHarness(engine, { prefill: { budgetMs: 1 } });
    const decoding = harness.start({ prompt: "abc" });
    await harness.until(decoding, (story) => story.decodedTokens > 1);
    const pulls = await pullsPerStep(engine, async (gate) => {
      await gate;
      for (let caller = 0; caller < 3; caller++) harness.start({ prompt: `${caller} came after it` });
    });
    assert.deepEqual(pulls.slice(0, 5), [1, 2, 3, 4, 4]);
  });

  it("uses again what a sequence still holds, the last output too", async () => {
    await using harness = scripted({ sequences: 1 }).harness;
    await harness.complete({ prompt: "abcd" });
    // In the sequence now: the prompt and "abcd", the end of the turn was never evaluated.
    const { text, end } = await harness.complete({ prompt: "abcdabcdX" });
    assert.equal(end.tally.reusedInputTokens, 8);
    assert.equal(text, "abcdabcdX");
  });

  it("never counts the last output token as held: it is not in the sequence", async () => {
    await using harness = scripted({ sequences: 1 }).harness;
    await harness.complete({ prompt: "abcd", stopping: { maxOutputTokens: 2 } });
    const { end } = await harness.complete({ prompt: "abcdabcdX" });
    assert.equal(end.tally.reusedInputTokens, 5);
  });
});

/** How many runs each of the next steps pulls. @param act is given what resolves once the first of them is under way, and holds it up meanwhile */
async function pullsPerStep(engine: ScriptedEngine, act: (gate: Promise<void>) => Promise<void>): Promise<number[]> {
  const pulls: number[] = [];
  const reached = new Deferred<void>();
  const opened = new Deferred<void>();
  const enough = new Deferred<void>();
  engine.beforeStep = async (work) => {
    pulls.push(work.pulls.length);
    if (pulls.length === 1) {
      reached.resolve();
      await opened.promise;
    }
    if (pulls.length === 6) enough.resolve();
  };
  await act(reached.promise);
  opened.resolve();
  await enough.promise;
  return pulls;
}

describe("step loop: faults", () => {
  it("of one pull end that run alone", async () => {
    const { engine, harness } = scripted();
    await using _ = harness;
    const failing = harness.start({ prompt: [...bytes("ab"), SCRIPT.FAIL_PULL, ...bytes("c")] });
    const neighbour = harness.start({ prompt: "hello there" });
    const { outcome } = await harness.end(failing);
    assert.deepEqual(outcome, { type: "failed", message: "the script says fail" });
    assert.equal((await harness.end(neighbour)).outcome.type, "finished");
    assert.equal(joined(harness.story(failing)).text, "ab");
    assert.equal(joined(harness.story(neighbour)).text, "hello there");
    assert.equal(engine.openDecoders, 0);
  });

  it("of one prefill end that run alone", async () => {
    const engine = new ScriptedEngine();
    await using harness = new LoopHarness(engine, { prefill: { maxTokens: 64 } });
    const failing = harness.start({ prompt: [SCRIPT.FAIL_PREFILL, ...bytes("x".repeat(200))] });
    const neighbour = harness.start({ prompt: "hello" });
    assert.equal((await harness.end(failing)).outcome.type, "failed");
    assert.equal((await harness.end(neighbour)).outcome.type, "finished");
  });

  it("of the whole step end all runs in it, and the engine goes on", async () => {
    const { harness } = scripted();
    await using _ = harness;
    const runs = ["abcd", "efgh"].map((text) => harness.start({ prompt: [...bytes(text), SCRIPT.FAIL_STEP] }));
    for (const runId of runs) assert.equal((await harness.end(runId)).outcome.type, "failed");
    assert.equal((await harness.complete({ prompt: "still here" })).text, "still here");
  });

  it("leave nothing in the sequence to be used again", async () => {
    await using harness = scripted({ sequences: 1 }).harness;
    await harness.complete({ prompt: [...bytes("abcd"), SCRIPT.FAIL_PULL] });
    const { end } = await harness.complete({ prompt: "abcd" });
    assert.equal(end.tally.reusedInputTokens, 0);
  });

  it("refuse at once what llama.cpp would die of", async () => {
    const { engine, harness } = scripted({ contextTokens: 16 });
    await using _ = harness;
    for (const prompt of [[], [70_000], "x".repeat(16)]) {
      assert.equal((await harness.complete({ prompt })).end.outcome.type, "failed");
    }
    assert.equal(engine.steps, 0);
  });

  it("refuse a run beyond the queue's bound", async () => {
    const { engine, harness } = scripted({ sequences: 1, cycle: true });
    await using _ = harness;
    using gate = gateOf(engine);
    harness.start({ prompt: "a" });
    await gate.reached;
    harness.start({ prompt: "b" });
    const third = harness.start({ prompt: "c" });
    assert.deepEqual(harness.story(third).ends[0]?.outcome, { type: "failed", message: "the run queue is full" });
    gate.open();
  });
});

describe("step loop: notices", () => {
  it("carry all runs of a step at once, and the tokens held by all sequences", async () => {
    const { engine, harness } = scripted();
    await using _ = harness;
    const runs = ["abc", "def", "ghi"].map((prompt) => harness.start({ prompt }));
    for (const runId of runs) await harness.end(runId);
    assert.equal(harness.notices.length, engine.steps);
    assert.equal(engine.tidied.between, engine.steps);
    const last = harness.notices.at(-1);
    assert.equal(last?.type === "step" && last.updates.length, 3);
    assert.equal(last?.type === "step" && last.kvTokens, 18);
  });

  it("go out once the engine has its next step, and at the end at once", async () => {
    const engine = new ScriptedEngine();
    const stepsAtNews: number[] = [];
    await using harness = new LoopHarness(engine, { onNotice: () => stepsAtNews.push(engine.steps) });
    await harness.complete({ prompt: "abcd", stopping: { maxOutputTokens: 4 } });
    assert.deepEqual(stepsAtNews.slice(-4), [2, 3, 4, 4]);
  });

  it("leave out nothing that came while some of a step's tokens were still being sampled", async () => {
    const engine = new ScriptedEngine({ cycle: true });
    await using harness = new LoopHarness(engine);
    const [first, second] = ["abc", "xyz"].map((prompt) => harness.start({ prompt })) as [number, number];
    await harness.until(second, (story) => story.decodedTokens > 0);
    const sampled = new Deferred<void>();
    const reached = new Deferred<void>();
    engine.beforeDrawn = (index) => {
      if (index === 0) return undefined;
      reached.resolve();
      return sampled.promise;
    };
    await reached.promise;
    harness.loop.cancel(first, "soft");
    harness.loop.cancel(second, "immediate");
    assert.deepEqual([harness.story(first).ends, harness.story(second).ends], [[], []], "both are in the step");
    engine.beforeDrawn = () => {};
    sampled.resolve();
    await harness.end(first);
    await harness.end(second);
    assert.equal(harness.story(first).pieces.length, harness.story(first).decodedTokens);
  });

  it("say how long a step has been running, and nothing between steps", async () => {
    const clock = new ManualClock();
    const engine = new ScriptedEngine();
    await using harness = new LoopHarness(engine, { clock });
    using gate = gateOf(engine);
    const runId = harness.start({ prompt: "abc", stopping: { maxOutputTokens: 1 } });
    await gate.reached;
    clock.advance(1_234);
    assert.equal(harness.loop.present.ageMs, 1_234);
    gate.open();
    await harness.end(runId);
    assert.equal(harness.loop.present.ageMs, 0);
    const last = harness.notices.at(-1);
    assert.equal(last?.type === "step" && last.stepMs, 1_234);
  });

  it("say of one that ends in the middle of a step how long that has been running", async () => {
    const clock = new ManualClock();
    const engine = new ScriptedEngine({ cycle: true });
    await using harness = new LoopHarness(engine, { clock });
    const parked = harness.start({ prompt: "abc", credit: { pieces: 1, bytes: 99 } });
    await harness.until(parked, (story) => story.parked);
    using gate = gateOf(engine);
    const neighbour = harness.start({ prompt: "xyz", stopping: { maxOutputTokens: 1 } });
    await gate.reached;
    clock.advance(17);
    harness.loop.cancel(parked, "immediate");
    const last = harness.notices.at(-1);
    assert.equal(last?.type === "step" && last.stepMs, 17);
    gate.open();
    await harness.end(neighbour);
  });

  it("count all of a run's time, by what it was spent on", async () => {
    const clock = new ManualClock();
    const engine = new ScriptedEngine({ cycle: true });
    engine.beforeStep = () => clock.advance(10);
    await using harness = new LoopHarness(engine, { clock, prefill: { maxTokens: 64 } });
    const runId = harness.start({ prompt: "x".repeat(100), credit: { pieces: 3, bytes: 99 } });
    await harness.until(runId, (story) => story.parked);
    clock.advance(700);
    harness.loop.cancel(runId, "soft");
    const { tally } = await harness.end(runId);
    assert.deepEqual(
      { prefillMs: tally.prefillMs, decodeMs: tally.decodeMs, parkedMs: tally.parkedMs },
      { prefillMs: 20, decodeMs: 20, parkedMs: 700 },
    );
    assert.equal(clock.pendingTimers, 0);
  });

  it("end every run as cancelled when the loop is closed", async () => {
    const { engine, harness } = scripted({ cycle: true });
    const running = harness.start({ prompt: "abc" });
    const parked = harness.start({ prompt: "abc", credit: NO_CREDIT });
    await harness.until(running, (story) => story.decodedTokens > 2);
    await harness[Symbol.asyncDispose]();
    for (const runId of [running, parked]) {
      assert.deepEqual(
        harness.story(runId).ends.map(({ outcome }) => outcome.type),
        ["cancelled"],
      );
    }
    assert.equal(engine.openDecoders, 0);
  });
});
