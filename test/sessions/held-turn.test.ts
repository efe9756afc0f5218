import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { HeldTurn, type TurnEnd } from "../../src/sessions/held-turn.js";
import type { CommittedTurn, CommitTurn, RenewLease } from "../../src/sessions/session-store.js";
import type { StoreProblem, StoreResult } from "../../src/sessions/store-problem.js";
import { ManualClock } from "../support/manual-clock.js";

const LEASE_MS = 9_000;
const LEASE = { owner: "", sessionId: "ses", turnNumber: 3, fence: 7 };
const END: TurnEnd = {
  status: "complete",
  answer: "all",
  outcome: { finishReason: "end_of_turn", error: undefined, usage: undefined },
  record: undefined,
};
const COMMITTED = { ok: true, value: { revision: 9 } } as const;
const failing = (problem: StoreProblem): StoreResult<never> => ({ ok: false, problem });
const UNREACHABLE = failing({ type: "unavailable", fault: "unreachable", message: "down" });

/** A turn on a store that answers as the test says: what was asked of it, and the means to move time. */
function hold() {
  const clock = new ManualClock();
  const source = { generated: { answer: "" }, ending: false, wasLost: false, lost: () => void (source.wasLost = true) };
  const asked = { renewals: [] as RenewLease[], commits: [] as CommitTurn[] };
  const answers = {
    renewal: { ok: true, value: undefined } as StoreResult<undefined>,
    commit: COMMITTED as StoreResult<CommittedTurn>,
  };
  const closing = { now: false };
  const turn = new HeldTurn({
    store: {
      renewLease: (request) => {
        asked.renewals.push(request);
        return Promise.resolve(answers.renewal);
      },
      commitTurn: (request) => {
        asked.commits.push(request);
        return Promise.resolve(answers.commit);
      },
    },
    lease: LEASE,
    leaseMs: LEASE_MS,
    source,
    clock,
    isClosing: () => closing.now,
  });
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await nextTurn();
  };
  return { turn, clock, source, asked, answers, closing, pass };
}

describe("A turn that is held", () => {
  it("renews its lease three times in the time of one, with the text so far where there is more", async () => {
    const { source, asked, pass } = hold();
    source.generated = { answer: "so" };
    await pass(LEASE_MS / 3);
    await pass(LEASE_MS / 3);
    source.generated = { answer: "so far" };
    await pass(LEASE_MS / 3);
    assert.deepEqual(
      asked.renewals.map(({ lease, leaseMs, answer }) => [lease, leaseMs, answer]),
      [
        [LEASE, LEASE_MS, "so"],
        [LEASE, LEASE_MS, undefined],
        [LEASE, LEASE_MS, "so far"],
      ],
    );
  });

  it("goes on renewing while the store is away, and is told when the session has gone on without it", async () => {
    const { source, asked, answers, pass, clock } = hold();
    answers.renewal = UNREACHABLE;
    await pass(LEASE_MS / 3);
    await pass(LEASE_MS / 3);
    assert.equal(asked.renewals.length, 2);
    assert.equal(source.wasLost, false);
    answers.renewal = failing({ type: "fenced_out" });
    await pass(LEASE_MS / 3);
    assert.equal(source.wasLost, true);
    assert.equal(clock.pendingTimers, 0);
  });

  it("stores its end once, and renews no more", async () => {
    const { turn, asked, clock } = hold();
    await turn.end(END);
    assert.deepEqual(asked.commits, [{ lease: LEASE, ...END }]);
    assert.deepEqual(await turn.stored, COMMITTED);
    assert.equal(turn.ending, true);
    assert.equal(clock.pendingTimers, 0);
  });

  it("tries again while the store is away, for as long as a lease lasts", async () => {
    const { turn, asked, answers, pass } = hold();
    answers.commit = UNREACHABLE;
    const ended = turn.end(END);
    await nextTurn();
    await pass(1_000);
    answers.commit = COMMITTED;
    await pass(1_000);
    await ended;
    assert.equal(asked.commits.length, 3);
    assert.deepEqual(await turn.stored, COMMITTED);

    const other = hold();
    other.answers.commit = UNREACHABLE;
    const given = other.turn.end(END);
    await nextTurn();
    await other.pass(LEASE_MS);
    await given;
    assert.deepEqual(await other.turn.stored, UNREACHABLE);
  });

  for (const problem of [
    { type: "fenced_out" },
    { type: "unavailable", fault: "disk_full", message: "full" },
  ] as const) {
    it(`does not try again what will not go: ${JSON.stringify(problem)}`, async () => {
      const { turn, asked, answers } = hold();
      answers.commit = failing(problem);
      await turn.end(END);
      assert.equal(asked.commits.length, 1);
    });
  }

  it("does not wait for a store that is away while the process closes", async () => {
    const { turn, asked, answers, closing } = hold();
    answers.commit = UNREACHABLE;
    closing.now = true;
    await turn.end(END);
    assert.equal(asked.commits.length, 1);
  });
});
