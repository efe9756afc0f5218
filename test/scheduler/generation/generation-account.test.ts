import assert from "node:assert/strict";
import { GenerationAccount } from "../../../src/scheduler/generation/generation-account.js";
import { LoadCounters } from "../../../src/scheduler/generation/load-counters.js";

const tally = { reusedInputTokens: 4, outputTokens: 6, restarts: 0, prefillMs: 30, decodeMs: 50, parkedMs: 15 };

/** Opened at 1,000; 20 ms of preparing, 100 in the queue, 40 of prefill, 60 of decoding, 10 parked, decoding again. */
function ranAccount(totals = new LoadCounters()): GenerationAccount {
  const account = new GenerationAccount(1_000, totals);
  account.submitted(10, 20);
  account.enter("waiting", 1_025);
  account.enter("prefilling", 1_125);
  account.prefilled({ doneTokens: 7, totalTokens: 10, reusedTokens: 4 });
  account.prefilled({ doneTokens: 10, totalTokens: 10, reusedTokens: 4 });
  account.enter("running", 1_165);
  account.decoded(5);
  account.enter("parked", 1_225);
  account.enter("running", 1_235);
  return account;
}

describe("GenerationAccount", () => {
  it("times the run's phases while it lasts", () => {
    assert.deepEqual(ranAccount().timings(1_240), {
      queueMs: 105,
      prepareMs: 20,
      prefillMs: 40,
      decodeMs: 65,
      parkedMs: 10,
      totalMs: 240,
      timeToFirstTokenMs: undefined,
    });
  });

  it("tells where it was left and how long that held its slot", () => {
    const account = ranAccount();
    assert.equal(account.departure(), undefined);
    account.leave(1_240);
    account.enter("parked", 1_241);
    account.leave(1_243);
    account.stepped(4);
    assert.equal(account.departure(), undefined);
    account.enter("ended", 1_245);
    assert.deepEqual(account.departure(), { endedIn: "running", releaseMs: 5, stepMs: 4 });
  });

  it("knows no departure of one that came to its own end", () => {
    const account = ranAccount();
    account.enter("ended", 1_250);
    assert.equal(account.departure(), undefined);
  });

  it("takes the engine's tally at the end and stands still from then on", () => {
    const account = ranAccount();
    account.settle(tally);
    account.enter("ended", 1_250);
    const atTheEnd = account.timings(1_250);
    assert.deepEqual(atTheEnd, {
      queueMs: 135,
      prepareMs: 20,
      prefillMs: 30,
      decodeMs: 50,
      parkedMs: 15,
      totalMs: 250,
      timeToFirstTokenMs: undefined,
    });
    assert.deepEqual(account.timings(9_999), atTheEnd);
  });

  it("keeps the parts equal to the whole when the other thread's clock says more than this one's", () => {
    const account = new GenerationAccount(0, new LoadCounters());
    account.submitted(1, 10);
    account.enter("prefilling", 10);
    account.settle(tally);
    account.enter("ended", 100);
    const { queueMs, totalMs } = account.timings(100);
    assert.deepEqual({ queueMs, totalMs }, { queueMs: 0, totalMs: 105 });
  });

  it("counts the first chunk once", () => {
    const account = ranAccount();
    account.firstChunk(1_170);
    account.firstChunk(1_180);
    assert.equal(account.timings(1_240).timeToFirstTokenMs, 170);
  });

  it("adds each token to the server's counters once", () => {
    const totals = new LoadCounters();
    const account = ranAccount(totals);
    account.deliveredTo(2);
    account.deliveredTo(3);
    account.deliveredTo(1);
    account.settle(tally);
    assert.deepEqual(account.usage(), {
      inputTokens: 10,
      reusedInputTokens: 4,
      outputTokens: 6,
      reasoningTokens: 0,
      deliveredTokens: 3,
    });
    const { inputTokens, reusedInputTokens, decodedTokens, deliveredTokens } = totals.totals();
    assert.deepEqual([inputTokens, reusedInputTokens, decodedTokens, deliveredTokens], [10, 4, 6, 3]);
  });

  it("counts what a run reused that ended before it told of any progress", () => {
    const totals = new LoadCounters();
    const account = new GenerationAccount(0, totals);
    account.submitted(10, 0);
    account.settle({ reusedInputTokens: 4, outputTokens: 0, restarts: 0, prefillMs: 1, decodeMs: 0, parkedMs: 0 });
    assert.equal(account.usage().reusedInputTokens, 4);
    const { inputTokens, reusedInputTokens } = totals.totals();
    assert.deepEqual([inputTokens, reusedInputTokens], [4, 4]);
  });
});
