import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type PendingPrompt,
  PrefillCost,
  type PrefillLimits,
  PrefillPlanner,
} from "../../../src/engine/loop/prefill-planner.js";

/** A planner that has learned that a token costs 1 ms, wherever it stands. */
function planner(limits: PrefillLimits): PrefillPlanner {
  const learned = new PrefillPlanner(limits, 8);
  for (let round = 0; round < 100; round++) {
    for (const position of [0, 1_000, 3_000]) {
      learned.observe({ stepMs: 128, decodingRuns: 0, prefillTokens: 128, prefillPositions: 128 * position });
    }
  }
  return learned;
}

const at = (prefillTokensLeft: number, position = 0): PendingPrompt => ({ prefillTokensLeft, position, joins: true });

describe("prefill planner", () => {
  it("reads a unit of 64 tokens, and 16 more as often as they fit the budget", () => {
    assert.deepEqual(planner({ budgetMs: 200, maxTokens: 512 }).plan([at(1_000)], 0), [192]);
  });

  it("reads one unit however long it takes", () => {
    assert.deepEqual(planner({ budgetMs: 1, maxTokens: 512 }).plan([at(1_000), at(1_000)], 0), [64, 0]);
  });

  it("reads as much as its limit allows where that is less than a unit", () => {
    assert.deepEqual(planner({ budgetMs: 1, maxTokens: 40 }).plan([at(1_000), at(1_000)], 0), [40, 0]);
    assert.deepEqual(planner({ budgetMs: 1_000, maxTokens: 1 }).plan([at(2)], 0), [1]);
  });

  it("takes a short prompt whole", () => {
    assert.deepEqual(planner({ budgetMs: 200, maxTokens: 512 }).plan([at(40)], 0), [40]);
  });

  it("never reads more than its limit in one step", () => {
    assert.deepEqual(planner({ budgetMs: 10_000, maxTokens: 512 }).plan([at(1_000), at(1_000)], 0), [256, 256]);
  });

  it("deals the budget out in turns, the first in the queue being served first", () => {
    assert.deepEqual(planner({ budgetMs: 200, maxTokens: 512 }).plan([at(1_000), at(1_000)], 0), [96, 96]);
  });

  it("lets a short prompt in beside a long one", () => {
    assert.deepEqual(planner({ budgetMs: 200, maxTokens: 512 }).plan([at(4_000), at(30)], 0), [160, 30]);
  });

  it("leaves no remainder of 32 to 63 tokens: it cuts earlier, or a little later", () => {
    const tokens = planner({ budgetMs: 200, maxTokens: 512 });
    assert.deepEqual(tokens.plan([at(192 + 40)], 0), [168]);
    assert.deepEqual(planner({ budgetMs: 70, maxTokens: 512 }).plan([at(64 + 40)], 0), [64 + 40 - 31]);
    assert.deepEqual(tokens.plan([at(192 + 20)], 0), [192]);
  });

  it("reads one token more beside runs that decode, which goes with theirs", () => {
    const tokens = planner({ budgetMs: 200, maxTokens: 512 });
    assert.deepEqual(tokens.plan([at(1_000)], 1), [193]);
    assert.deepEqual(planner({ budgetMs: 1, maxTokens: 512 }).plan([at(1_000)], 1), [65]);
    assert.deepEqual(planner({ budgetMs: 1, maxTokens: 40 }).plan([at(1_000)], 1), [40]);
    assert.deepEqual(tokens.plan([at(193 + 40)], 1), [168]);
    assert.deepEqual(planner({ budgetMs: 70, maxTokens: 512 }).plan([at(65 + 40)], 1), [65 + 40 - 32]);
  });

  it("reads short prompts that came together in two lots, up to half of the slots and the rest, whatever the budget", () => {
    const together = { prefillTokensLeft: 30, position: 0, joins: false };
    const tokens = planner({ budgetMs: 50, maxTokens: 512 });
    assert.deepEqual(tokens.plan(Array(8).fill(together), 0), [30, 30, 30, 30, 0, 0, 0, 0]);
    assert.deepEqual(tokens.plan(Array(7).fill(together), 1), [30, 30, 30, 0, 0, 0, 0]);
    assert.deepEqual(tokens.plan(Array(4).fill(together), 4), [30, 30, 30, 30]);
    assert.deepEqual(tokens.plan([at(1_000), together, together], 0), [0, 30, 30]);
    assert.deepEqual(tokens.plan([together, { ...together, joins: true }, together], 0), [30, 0, 30]);
    assert.deepEqual(planner({ budgetMs: 50, maxTokens: 70 }).plan(Array(4).fill(together), 0), [30, 30, 0, 0]);
  });

  it("reads long prompts by the budget even where they came together", () => {
    const long = { prefillTokensLeft: 200, position: 0, joins: false };
    assert.deepEqual(planner({ budgetMs: 70, maxTokens: 512 }).plan([long, long], 0), [64, 0]);
  });

  it("reads less the later the position, as measured", () => {
    const learned = new PrefillPlanner({ budgetMs: 300, maxTokens: 512 }, 8);
    for (let round = 0; round < 100; round++) {
      for (const position of [0, 1_000, 3_000]) {
        const stepMs = 128 * (1 + 0.002 * position);
        learned.observe({ stepMs, decodingRuns: 0, prefillTokens: 128, prefillPositions: 128 * position });
      }
    }
    assert.deepEqual(learned.plan([at(2_000, 0)], 0), [240]);
    assert.deepEqual(learned.plan([at(2_000, 1_000)], 0), [96]);
  });

  it("serves someone, keeps to the limit and to the tokens left, and makes no slow chunk out of a longer prompt", () => {
    const prompt = fc.record({
      prefillTokensLeft: fc.integer({ min: 1, max: 2_000 }),
      position: fc.integer({ min: 0, max: 4_000 }),
      joins: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(prompt, { minLength: 1, maxLength: 8 }),
        fc.record({ budgetMs: fc.integer({ min: 1, max: 2_000 }), maxTokens: fc.integer({ min: 1, max: 600 }) }),
        fc.nat({ max: 8 }),
        (reading, limits, decoding) => {
          const { maxTokens } = limits;
          const grants = planner(limits).plan(reading, decoding);
          assert.ok(grants.some((tokens) => tokens > 0));
          assert.ok(grants.reduce((sum, tokens) => sum + tokens, 0) <= maxTokens);
          for (const [index, tokens] of grants.entries()) {
            const { prefillTokensLeft = 0 } = reading[index] ?? {};
            assert.ok(tokens <= prefillTokensLeft);
            if (tokens > 0 && tokens < prefillTokensLeft)
              assert.ok(tokens >= Math.min(64, maxTokens), `${tokens} of ${prefillTokensLeft}`);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

function learnedFrom(costMs: (position: number) => number, decodeMs = 0): PrefillCost {
  const cost = new PrefillCost();
  for (let round = 0; round < 60; round++) {
    if (decodeMs > 0) cost.observe({ stepMs: decodeMs, decodingRuns: 4, prefillTokens: 0, prefillPositions: 0 });
    const position = (round % 20) * 128 + 64;
    cost.observe({
      stepMs: decodeMs + 128 * costMs(position),
      decodingRuns: decodeMs > 0 ? 4 : 0,
      prefillTokens: 128,
      prefillPositions: 128 * position,
    });
  }
  return cost;
}

function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < expected * 0.05, `${actual} is not near ${expected}`);
}

describe("prefill cost", () => {
  it("starts with an estimate that grows with the position, and lets no large chunk through", () => {
    const cost = new PrefillCost();
    assert.ok(cost.estimateMs(128, 0) > 250);
    assert.ok(cost.estimateMs(64, 3_000) > 3 * cost.estimateMs(64, 0));
  });

  it("replaces it by the first measurement", () => {
    const cost = new PrefillCost();
    cost.observe({ stepMs: 64, decodingRuns: 0, prefillTokens: 64, prefillPositions: 64 * 32 });
    assertNear(cost.estimateMs(64, 0), 64);
  });

  it("is not led astray by one step that something else held up", () => {
    const cost = learnedFrom(() => 1);
    cost.observe({ stepMs: 60_000, decodingRuns: 0, prefillTokens: 128, prefillPositions: 0 });
    assert.ok(cost.estimateMs(64, 0) < 64 * 2);
  });

  it("learns both numbers of the rule from measured steps", () => {
    const cost = learnedFrom((position) => 20 + 0.01 * position);
    assertNear(cost.estimateMs(64, 0), 64 * 20.32);
    assertNear(cost.estimateMs(64, 2_000), 64 * 40.32);
  });

  it("takes off what decoding beside it took", () => {
    assertNear(learnedFrom(() => 10, 50).estimateMs(64, 1_000), 640);
  });

  it("takes nothing off where nobody decoded", () => {
    const cost = learnedFrom(() => 10, 50);
    for (let round = 0; round < 60; round++) {
      cost.observe({ stepMs: 1_280, decodingRuns: 0, prefillTokens: 128, prefillPositions: 128 * 1_000 });
    }
    assertNear(cost.estimateMs(64, 1_000), 640);
  });

  it("never believes that reading costs nothing or less with the position", () => {
    const cost = learnedFrom((position) => Math.max(0, 5 - 0.01 * position));
    assert.ok(cost.estimateMs(64, 0) > 0);
    assert.ok(cost.estimateMs(64, 4_000) >= cost.estimateMs(64, 0));
  });
});
