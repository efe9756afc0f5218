import assert from "node:assert/strict";
import type { DraftPolicy } from "../../src/engine/loop/draft-planner.js";
import { ScriptedEngine } from "../support/scripted-engine.js";
import { LoopHarness, joined, type RunRequest } from "./loop-harness.js";

/** Drafts that many tokens wherever any can be drafted. */
const always = (tokens: number): DraftPolicy => ({
  plan: (runs) => runs.map((run) => run.draft(tokens)),
  observe: () => {},
});

/** An engine that echoes its prompt: from the fourth token on, all is drafted. */
async function echo(request: RunRequest, drafts: DraftPolicy, contextTokens = 2_048) {
  const engine = new ScriptedEngine({ contextTokens });
  await using harness = new LoopHarness(engine, { drafts });
  const runId = harness.start(request);
  const story = await harness.until(runId, ({ parked, ends }) => parked || ends.length > 0);
  return { ...joined(story), end: story.ends[0], steps: engine.steps };
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz";

describe("step loop: drafts", () => {
  it("make several tokens of one step, and change none of them", async () => {
    const { text, end, steps } = await echo({ prompt: ALPHABET }, always(4));
    assert.equal(text, ALPHABET);
    assert.equal(end?.tally.outputTokens, ALPHABET.length);
    // Three tokens until anything is drafted, five a step from then on, and the end of the turn.
    assert.ok(steps <= 4 + Math.ceil((ALPHABET.length - 3) / 5) + 1, `${steps}`);
  });

  it("never go beyond what a reader has given credit for, in pieces and in bytes", async () => {
    const byPieces = await echo({ prompt: ALPHABET, credit: { pieces: 10, bytes: 1_000 } }, always(20));
    assert.equal(byPieces.text, ALPHABET.slice(0, 10));
    const byBytes = await echo({ prompt: ALPHABET, credit: { pieces: 1_000, bytes: 11 } }, always(20));
    assert.equal(byBytes.text, ALPHABET.slice(0, 11));
  });

  it("never go beyond the most tokens that a run may make", async () => {
    const { text, end } = await echo({ prompt: ALPHABET, stopping: { maxOutputTokens: 9 } }, always(20));
    assert.equal(text, ALPHABET.slice(0, 9));
    assert.equal(end?.tally.outputTokens, 9);
  });

  it("never go beyond the context", async () => {
    const { text, end } = await echo({ prompt: ALPHABET }, always(20), 40);
    assert.equal(text, ALPHABET.slice(0, 40 - ALPHABET.length));
    assert.equal(end?.outcome.type === "finished" && end.outcome.reason, "context_length");
  });

  it("end with a stop sequence in their middle, and nothing after it counts", async () => {
    const { text, end } = await echo({ prompt: ALPHABET, stopping: { stopSequences: ["kl"] } }, always(20));
    assert.equal(text, "abcdefghij");
    assert.equal(end?.tally.outputTokens, 12);
  });

  it("leave a sequence that the next run can use as far as it shares it", async () => {
    const engine = new ScriptedEngine({ sequences: 1 });
    await using harness = new LoopHarness(engine, { drafts: always(20) });
    await harness.complete({ prompt: ALPHABET, stopping: { stopSequences: ["kl"] } });
    const { text, end } = await harness.complete({ prompt: `${ALPHABET}!` });
    assert.equal(text, `${ALPHABET}!`);
    assert.equal(end.tally.reusedInputTokens, ALPHABET.length);
  });

  it("are not verified beside a prompt that is prefilled", async () => {
    const engine = new ScriptedEngine({ cycle: true });
    const planned: number[] = [];
    const drafts: DraftPolicy = {
      plan: (runs) => {
        planned.push(runs.length);
        return runs.map((run) => run.draft(4));
      },
      observe: () => {},
    };
    await using harness = new LoopHarness(engine, { drafts, prefill: { maxTokens: 64 } });
    const first = harness.start({ prompt: ALPHABET });
    await harness.until(first, ({ decodedTokens }) => decodedTokens > 10);
    let mixed = 0;
    engine.beforeStep = ({ pulls, prefills }) => {
      if (prefills.length === 0) return;
      mixed++;
      assert.ok(pulls.every(({ draft }) => draft.length === 0));
    };
    const second = harness.start({ prompt: "z".repeat(300) });
    await harness.until(second, ({ decodedTokens }) => decodedTokens > 0);
    assert.ok(mixed > 2);
  });
});
