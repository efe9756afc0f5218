import assert from "node:assert/strict";
import { ScriptedEngine } from "../support/scripted-engine.js";
import { LoopHarness, joined } from "./loop-harness.js";
import { NO_CREDIT, scripted, someTurns } from "./scripted-loop.js";

describe("step loop: credit", () => {
  it("does not pull a run without credit, and pulls its neighbours on", async () => {
    const { engine, harness } = scripted({ cycle: true });
    await using _ = harness;
    const parked = harness.start({ prompt: "abc", credit: { pieces: 3, bytes: 99 } });
    const neighbour = harness.start({ prompt: "xyz" });
    await harness.until(parked, (story) => story.parked);
    const pullsPerStep = new Set<number>();
    engine.beforeStep = (work) => void pullsPerStep.add(work.pulls.length);
    const before = harness.story(neighbour).decodedTokens;
    await harness.until(neighbour, (story) => story.decodedTokens > before + 100);
    assert.deepEqual([...pullsPerStep], [1]);
    assert.equal(harness.story(parked).decodedTokens, 3);
  });

  it("goes on where it stopped when credit comes", async () => {
    const { harness } = scripted();
    await using _ = harness;
    const runId = harness.start({ prompt: "abcdef", credit: { pieces: 2, bytes: 99 } });
    await harness.until(runId, (story) => story.parked);
    harness.loop.grant(runId, { pieces: 100, bytes: 100 });
    await harness.end(runId);
    assert.equal(joined(harness.story(runId)).text, "abcdef");
  });

  it("is spent by bytes as well, which the last piece may overdraw", async () => {
    const { harness } = scripted();
    await using _ = harness;
    const runId = harness.start({ prompt: "aé€z", credit: { pieces: 99, bytes: 2 } });
    const story = await harness.until(runId, ({ parked }) => parked);
    assert.equal(joined(story).text, "aé");
    harness.loop.grant(runId, { pieces: 0, bytes: 1 });
    await someTurns();
    assert.equal(story.decodedTokens, 3);
    harness.loop.grant(runId, { pieces: 0, bytes: 50 });
    await harness.end(runId);
    assert.equal(joined(story).text, "aé€z");
  });

  it("is needed for the first token too: the prompt is prefilled but for its last token, and the run is parked", async () => {
    const { engine, harness } = scripted();
    await using _ = harness;
    const runId = harness.start({ prompt: "abc", credit: NO_CREDIT });
    const story = await harness.until(runId, ({ parked }) => parked);
    assert.equal(engine.pulls, 0);
    assert.deepEqual(story.prefills, [{ doneTokens: 2, totalTokens: 3, reusedTokens: 0 }]);
    harness.loop.grant(runId, { pieces: 99, bytes: 99 });
    await harness.end(runId);
    assert.equal(joined(story).text, "abc");
  });

  it("keeps nobody's prompt waiting when it is missing", async () => {
    const engine = new ScriptedEngine();
    // The budget lets a step prefill one prompt only.
    await using harness = new LoopHarness(engine, { prefill: { budgetMs: 1 } });
    const parked = harness.start({ prompt: "a", credit: NO_CREDIT });
    const reading = harness.start({ prompt: "xyz" });
    await harness.end(reading);
    assert.equal(joined(harness.story(reading)).text, "xyz");
    assert.equal(harness.story(parked).parked, true);
  });

  it("lets the loop sleep when nobody has any", async () => {
    const { engine, harness } = scripted({ cycle: true });
    await using _ = harness;
    const runId = harness.start({ prompt: "abc", credit: { pieces: 1, bytes: 99 } });
    await harness.until(runId, (story) => story.parked);
    await someTurns();
    const { steps, tidied } = engine;
    const idleTidied = tidied.idle;
    await someTurns();
    assert.equal(engine.steps, steps);
    assert.equal(tidied.idle, idleTidied);
  });
});
