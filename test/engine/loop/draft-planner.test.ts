import assert from "node:assert/strict";
import { DraftPlanner, Regression } from "../../../src/engine/loop/draft-planner.js";
import type { Drafter } from "../../../src/engine/run/prompt-lookup.js";

const ROOM = 256;

/** A run that drafts at a given confidence, and at most a given number of tokens. */
const drafter = (confidence: number, tokens = 100): Drafter => ({
  confidence,
  draft: (most) => Array.from({ length: Math.min(most, tokens) }, (_, index) => index),
});

/** A planner for which steps of the given number of runs take 10 ms, and each draft token a share of that. */
function learnt(decodingRuns: number, share: number): DraftPlanner {
  const planner = new DraftPlanner();
  for (let step = 0; step < 200; step++) {
    const draftTokens = step % 2 === 0 ? 0 : 4;
    planner.observe({ stepMs: 10 * (1 + share * draftTokens), decodingRuns, draftTokens });
  }
  return planner;
}

const lengths = (drafts: readonly (readonly number[])[]): number[] => drafts.map(({ length }) => length);

describe("draft planner", () => {
  it("drafts nothing before it knows what a step costs", () => {
    assert.deepEqual(lengths(new DraftPlanner().plan([drafter(1)], ROOM)), [0]);
  });

  it("plans long drafts of a confident run, short ones of a doubtful one, and none of one that is mostly wrong", () => {
    const planner = learnt(1, 0.2);
    const [sure = 0] = lengths(planner.plan([drafter(0.98)], ROOM));
    const [doubtful = 0] = lengths(planner.plan([drafter(0.6)], ROOM));
    const [wrong] = lengths(planner.plan([drafter(0.15)], ROOM));
    assert.ok(sure >= 12, `${sure}`);
    assert.ok(doubtful >= 1 && doubtful <= 3, `${doubtful}`);
    assert.equal(wrong, 0);
  });

  it("drafts nothing where drafted tokens cost nearly as much as steps", () => {
    assert.deepEqual(lengths(learnt(1, 0.95).plan([drafter(0.9)], ROOM)), [0]);
  });

  it("tells what the first drafted token costs from what each further one does", () => {
    const planner = new DraftPlanner();
    for (let step = 0; step < 60; step++) {
      const draftTokens = [0, 1, 2, 4][step % 4] ?? 0;
      const stepMs = draftTokens === 0 ? 10 : 10 * (1.5 + 0.1 * draftTokens);
      planner.observe({ stepMs, decodingRuns: 1, draftTokens });
    }
    assert.ok((lengths(planner.plan([drafter(0.99)], ROOM))[0] ?? 0) >= 12, "dear at first, cheap from then on");
    assert.deepEqual(lengths(planner.plan([drafter(0.35)], ROOM)), [0]);
  });

  it("gives the step's time to the runs whose drafts are likeliest", () => {
    const [sure = 0, doubtful = 0, silent = 0] = lengths(
      learnt(3, 0.1).plan([drafter(0.95), drafter(0.5), drafter(0)], ROOM),
    );
    assert.ok(sure > doubtful && doubtful >= silent);
    assert.equal(silent, 0);
  });

  it("never drafts more than there is room for", () => {
    const drafts = learnt(2, 0.01).plan([drafter(1), drafter(1)], 5);
    assert.equal(
      lengths(drafts).reduce((sum, length) => sum + length),
      5,
    );
  });

  it("drafts few tokens while it does not know what they cost", () => {
    const planner = new DraftPlanner();
    planner.observe({ stepMs: 10, decodingRuns: 2, draftTokens: 0 });
    const tried = lengths(planner.plan([drafter(1), drafter(1)], ROOM)).reduce((sum, length) => sum + length);
    assert.ok(tried > 0 && tried <= 4, `${tried}`);
  });

  it("is not misled by steps that something else held up", () => {
    const planner = new DraftPlanner();
    for (let step = 0; step < 60; step++) {
      const draftTokens = step % 2 === 0 ? 0 : 4;
      const heldUpMs = step % 5 === 0 ? 70 : 0;
      planner.observe({ stepMs: 10 * (1 + 0.1 * draftTokens) + heldUpMs, decodingRuns: 1, draftTokens });
    }
    assert.ok((lengths(planner.plan([drafter(0.95)], ROOM))[0] ?? 0) > 8);
  });

  it("looks again from time to time what a step costs without", () => {
    const planner = learnt(1, 0.05);
    const plain = Array.from({ length: 200 }, () => lengths(planner.plan([drafter(1)], ROOM))[0]).filter(
      (length) => length === 0,
    );
    assert.ok(plain.length >= 4 && plain.length <= 9, `${plain.length}`);
  });

  it("drafts again after a bad time, once steps without have gone on for a while", () => {
    const planner = learnt(1, 0.05);
    for (let step = 0; step < 50; step++) planner.observe({ stepMs: 100, decodingRuns: 1, draftTokens: 2 });
    assert.deepEqual(lengths(planner.plan([drafter(0.9)], ROOM)), [0]);
    for (let step = 0; step < 256; step++) planner.observe({ stepMs: 10, decodingRuns: 1, draftTokens: 0 });
    assert.ok((lengths(planner.plan([drafter(0.9)], ROOM))[0] ?? 0) > 0);
  });
});

function through(points: readonly (readonly [number, number])[], capacity = 15): Regression {
  const line = new Regression(capacity);
  for (const [x, y] of points) line.push({ x, y });
  return line;
}

const rounded = (line: Regression): (number | undefined)[] =>
  [line.value?.intercept, line.value?.slope].map((part) => part && Number(part.toFixed(3)));

describe("regression", () => {
  it("is none without a point, and none again once cleared", () => {
    assert.deepEqual(rounded(through([])), [undefined, undefined]);
    const line = through([[1, 1]]);
    assert.deepEqual(rounded(line), [0, 1]);
    line.clear();
    assert.deepEqual(rounded(line), [undefined, undefined]);
    assert.equal(line.count, 0);
  });

  it("goes through the origin where all points have one x", () => {
    const values = rounded(
      through([
        [2, 1],
        [2, 1.2],
        [2, 0.8],
      ]),
    );
    assert.deepEqual(values, [0, 0.5]);
  });

  it("tells what is there at once from what every step adds", () => {
    const line = through([1, 2, 4, 8, 3].map((x) => [x, 0.6 + 0.25 * x] as const));
    assert.deepEqual(rounded(line), [0.6, 0.25]);
  });

  it("is not turned by points that are far off", () => {
    const points = Array.from({ length: 15 }, (_, index) => {
      const x = 1 + (index % 5);
      return [x, 0.5 + 0.2 * x + (index % 4 === 0 ? 7 : 0)] as const;
    });
    assert.deepEqual(rounded(through(points)), [0.5, 0.2]);
  });

  it("has no negative part", () => {
    const falling = through([1, 2, 3, 4].map((x) => [x, 1 - 0.1 * x] as const)).value;
    assert.equal(falling?.slope, 0);
    const below = through([1, 2, 3, 4].map((x) => [x, x - 0.5] as const)).value;
    assert.equal(below?.intercept, 0);
  });

  it("forgets the oldest", () => {
    const line = through([...Array.from({ length: 20 }, () => [1, 9] as const), [1, 2], [1, 2], [1, 2]], 3);
    assert.deepEqual(rounded(line), [0, 2]);
    assert.equal(line.count, 3);
  });
});
