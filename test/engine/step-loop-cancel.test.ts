import assert from "node:assert/strict";
import { joined } from "./loop-harness.js";
import { gateOf, scripted, someTurns } from "./scripted-loop.js";

describe("step loop: cancel", () => {
  it("of a run in the present step acts right after it", async () => {
    const { engine, harness } = scripted({ cycle: true });
    await using _ = harness;
    using gate = gateOf(engine);
    const runId = harness.start({ prompt: "abc" });
    await gate.reached;
    harness.loop.cancel(runId, "immediate");
    assert.equal(harness.story(runId).ends.length, 0);
    gate.open();
    const end = await harness.end(runId);
    assert.equal(end.outcome.type, "cancelled");
    assert.equal(engine.steps, 1);
    assert.equal(engine.openDecoders, 0);
  });

  it("of a parked run acts at once, while a step is under way", async () => {
    const { engine, harness } = scripted({ cycle: true });
    await using _ = harness;
    const parked = harness.start({ prompt: "abc", credit: { pieces: 1, bytes: 99 } });
    await harness.until(parked, (story) => story.parked);
    using gate = gateOf(engine);
    const neighbour = harness.start({ prompt: "xyz" });
    await gate.reached;
    harness.loop.cancel(parked, "immediate");
    assert.equal(harness.story(parked).ends.length, 1);
    assert.equal(engine.openDecoders, 1);
    gate.open();
    harness.loop.cancel(neighbour, "immediate");
    await harness.end(neighbour);
  });

  it("of a run that waits for a sequence acts at once", async () => {
    const { engine, harness } = scripted({ sequences: 1, cycle: true });
    await using _ = harness;
    using gate = gateOf(engine);
    const first = harness.start({ prompt: "abc" });
    await gate.reached;
    const waiting = harness.start({ prompt: "xyz" });
    harness.loop.cancel(waiting, "immediate");
    assert.equal(harness.story(waiting).ends.length, 1);
    gate.open();
    harness.loop.cancel(first, "immediate");
    await harness.end(first);
    assert.equal(engine.prefillTokens, 0);
    assert.equal((await harness.complete({ prompt: "q", stopping: { maxOutputTokens: 1 } })).text, "q");
  });

  it("of a run that is getting its sequence acts right after it, and gives the sequence back", async () => {
    const { engine, harness } = scripted({ sequences: 1, cycle: true });
    await using _ = harness;
    const stopping = { maxOutputTokens: 1 };
    await harness.complete({ prompt: "abc", stopping });
    const [sequence] = engine.sequences;
    assert.ok(sequence !== undefined);
    const trim = sequence.trim.bind(sequence);
    sequence.trim = async (length) => {
      sequence.trim = trim;
      harness.loop.cancel(2, "immediate");
      assert.equal(harness.story(2).ends.length, 0);
      return trim(length);
    };
    assert.equal((await harness.complete({ prompt: "xyz", stopping })).end.outcome.type, "cancelled");
    assert.equal((await harness.complete({ prompt: "q", stopping })).text, "q");
  });

  it("softly finishes the run after the present step, with the text held back", async () => {
    const { engine, harness } = scripted({ cycle: true });
    await using _ = harness;
    engine.beforeStep = () => {
      if (engine.steps === 4) harness.loop.cancel(1, "soft");
    };
    const { text, end } = await harness.complete({ prompt: "abENx", stopping: { stopSequences: ["END"] } });
    assert.equal(end.outcome.type === "finished" && end.outcome.reason, "cancelled_softly");
    assert.equal(text, "abEN");
    assert.equal(end.tally.outputTokens, 4);
    assert.equal(engine.openDecoders, 0);
  });

  it("softly acts at once on a parked run", async () => {
    const { harness } = scripted({ cycle: true });
    await using _ = harness;
    const runId = harness.start({
      prompt: "abE",
      stopping: { stopSequences: ["END"] },
      credit: { pieces: 2, bytes: 99 },
    });
    await harness.until(runId, (story) => story.parked);
    harness.loop.cancel(runId, "soft");
    const { ends } = harness.story(runId);
    assert.equal(ends[0]?.outcome.type === "finished" && ends[0].outcome.reason, "cancelled_softly");
  });

  it("immediately outdoes softly", async () => {
    const { engine, harness } = scripted({ cycle: true });
    await using _ = harness;
    using gate = gateOf(engine);
    const runId = harness.start({ prompt: "abc" });
    await gate.reached;
    harness.loop.cancel(runId, "immediate");
    harness.loop.cancel(runId, "soft");
    gate.open();
    assert.equal((await harness.end(runId)).outcome.type, "cancelled");
  });

  it("of a run that has ended, or never was, does nothing", async () => {
    const { harness } = scripted();
    await using _ = harness;
    const { end } = await harness.complete({ prompt: "abc" });
    harness.loop.cancel(1, "immediate");
    harness.loop.grant(1, { pieces: 1, bytes: 1 });
    harness.loop.cancel(77, "soft");
    await someTurns();
    assert.equal(harness.story(1).ends.length, 1);
    assert.equal(harness.story(1).updatesAfterEnd, 0);
    assert.equal(end.outcome.type, "finished");
  });

  it("frees the sequence for the next run", async () => {
    const { engine, harness } = scripted({ sequences: 1, cycle: true });
    await using _ = harness;
    const runId = harness.start({ prompt: "abc" });
    await harness.until(runId, (story) => story.decodedTokens > 3);
    harness.loop.cancel(runId, "immediate");
    const next = harness.start({ prompt: "xy", stopping: { maxOutputTokens: 2 } });
    await harness.end(next);
    assert.equal(joined(harness.story(next)).text, "xy");
    assert.equal(engine.openDecoders, 0);
  });
});
