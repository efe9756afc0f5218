import assert from "node:assert/strict";
import { judgeHistory } from "./judge-history.js";
import type { ObservedCall, ReadCall, StoredSession, StoredTurn, TurnCall } from "./session-history.js";

const ID = "ses";
const UNKNOWN = { type: "unknown" } as const;
const REFUSED = { type: "refused" } as const;

/** Turn 1 came with the session; turn 2 was answered, with an update in between; turn 3 was appended. */
const FIRST: StoredTurn = {
  number: 1,
  status: "appended",
  said: ["begin"],
  answer: "",
  generationId: undefined,
  revision: 1,
  endRevision: 1,
};
const ANSWERED: StoredTurn = {
  number: 2,
  status: "complete",
  said: ["two"],
  answer: "two!",
  generationId: "gen",
  revision: 2,
  endRevision: 4,
};
const APPENDED: StoredTurn = { ...FIRST, number: 3, said: ["three"], revision: 5, endRevision: 5 };
const STORED: StoredSession = { sessionId: ID, revision: 5, turns: [FIRST, ANSWERED, APPENDED] };

const TURN: TurnCall = {
  type: "turn",
  sessionId: ID,
  sentMs: 10,
  said: "two",
  key: "key",
  accepted: { number: 2, revision: 2, generationId: "gen", atMs: 20 },
  text: "two!",
  end: { type: "completed", atMs: 40, revision: 4, status: "complete" },
};
const UPDATE: ObservedCall = {
  type: "update",
  sessionId: ID,
  sentMs: 22,
  end: { type: "done", atMs: 30, revision: 3 },
};
const APPEND: ObservedCall = {
  type: "append",
  sessionId: ID,
  sentMs: 50,
  said: "three",
  end: { type: "done", atMs: 60, number: 3, revision: 5 },
};
const READ: ReadCall = { type: "read", sessionId: ID, sentMs: 61, atMs: 70, revision: 5, turns: STORED.turns };
const CALLS: readonly ObservedCall[] = [TURN, UPDATE, APPEND, READ];

function judge(calls: readonly ObservedCall[], stored: StoredSession = STORED): string {
  return judgeHistory(calls, new Map([[stored.sessionId, stored]])).join("\n");
}

function stored(...turns: readonly StoredTurn[]): StoredSession {
  return { ...STORED, turns };
}

describe("The judge of what callers of sessions were told", () => {
  it("is content with what agrees", () => {
    assert.equal(judge(CALLS), "");
  });

  it("is content with what was cut off: stored whole, in part, or not at all", () => {
    const cut: TurnCall = { ...TURN, accepted: undefined, text: "", end: UNKNOWN };
    assert.equal(judge([cut, UPDATE, APPEND]), "");
    const lost = { ...ANSWERED, status: "failed", answer: "tw" } as const;
    assert.equal(judge([{ ...TURN, end: UNKNOWN }, UPDATE, APPEND], stored(FIRST, lost, APPENDED)), "");
    assert.equal(judge([{ ...cut, said: "never stored" }, ...CALLS]), "");
    assert.equal(judge([TURN, { ...UPDATE, end: UNKNOWN }, APPEND]), "");
  });

  it("misses a session, a turn, an appended message and a fork that were acknowledged", () => {
    assert.match(judgeHistory(CALLS, new Map()).join(), /it is not there/);
    assert.match(judge([TURN], { ...STORED, revision: 1, turns: [FIRST] }), /acknowledged and is lost/);
    assert.match(judge([APPEND], { ...STORED, revision: 4, turns: [FIRST, ANSWERED] }), /is lost/);
    const fork: ObservedCall = {
      type: "fork",
      sessionId: ID,
      sentMs: 1,
      end: { type: "done", atMs: 2, forkId: "fork", turns: 2 },
    };
    assert.match(judge([...CALLS, fork]), /fork is not there/);
    const copies = [FIRST, { ...ANSWERED, revision: 1, endRevision: 1 }];
    const both = (turns: readonly StoredTurn[]): string =>
      judgeHistory(
        [...CALLS, fork],
        new Map([
          [ID, STORED],
          ["fork", { sessionId: "fork", revision: 1, turns }],
        ]),
      ).join();
    assert.equal(both(copies), "");
    assert.match(both(copies.slice(0, 1)), /copied turns are not the first 2/);
  });

  it("sees an answer that is not the acknowledged one", () => {
    for (const change of [{ answer: "two" }, { status: "truncated" }, { generationId: "other" }] as const) {
      assert.match(judge([TURN, UPDATE, APPEND], stored(FIRST, { ...ANSWERED, ...change }, APPENDED)), /turn 2 was/);
    }
    const delivered: TurnCall = { ...TURN, text: "else", end: UNKNOWN };
    assert.match(judge([delivered, UPDATE, APPEND]), /was delivered as "else"/);
    const over = { type: "over", atMs: 40, turn: { number: 2, status: "failed", endRevision: 4 } } as const;
    assert.match(judge([{ ...TURN, accepted: undefined, end: over }, UPDATE, APPEND]), /was said to be failed/);
  });

  it("sees what is stored twice, and what was refused or never said", () => {
    const twice = {
      ...STORED,
      revision: 6,
      turns: [...STORED.turns, { ...APPENDED, number: 4, revision: 6, endRevision: 6 }],
    };
    assert.match(judge(CALLS.slice(0, 3), twice), /"three" is stored 2 times/);
    assert.match(judge([TURN, UPDATE, { ...APPEND, end: REFUSED }]), /was refused/);
    const other: TurnCall = { ...TURN, accepted: { number: 3, revision: 2, generationId: "gen", atMs: 20 } };
    assert.match(judge([...CALLS, other]), /key key is turns 2,3/);
    const continued = { ...ANSWERED, said: [] };
    assert.match(judge([UPDATE, APPEND], stored(FIRST, continued, APPENDED)), /1 turns go on with an answer; 0/);
  });

  it("counts the revisions", () => {
    assert.match(judge([TURN, APPEND]), /1 of the revisions up to 5 belong to nothing; 0 updates/);
    const doubled = { ...UPDATE, end: { type: "done", atMs: 30, revision: 4 } } as ObservedCall;
    assert.match(judge([TURN, UPDATE, doubled, APPEND]), /have the same revision 4/);
    assert.match(judge(CALLS, stored(FIRST, { ...ANSWERED, endRevision: 2 }, APPENDED)), /ends with 2, begun with 2/);
    assert.match(judge(CALLS, { ...STORED, revision: 4 }), /outside 2 to 4/);
    assert.match(judge(CALLS, stored(FIRST, APPENDED, ANSWERED)), /turn 3 stands in place 2/);
    const runs = { ...ANSWERED, status: "running", endRevision: undefined } as const;
    assert.match(judge([UPDATE, APPEND], stored(FIRST, runs, APPENDED)), /never ends/);
  });

  it("sees a read that is behind what was known, and a state that never was", () => {
    const { turns: _turns, ...plain } = READ;
    const bare: ReadCall = { ...plain, turns: undefined };
    assert.equal(judge([...CALLS, { ...bare, sentMs: 25, revision: 2 }]), "");
    assert.match(
      judge([...CALLS, { ...bare, sentMs: 41, revision: 3 }]),
      /read shows revision 3, begun when 4 was known/,
    );
    assert.match(judge([...CALLS, { ...bare, sentMs: 71, revision: 4 }]), /begun when 5 was known/);
    assert.match(judge([...CALLS, { ...bare, revision: 6 }]), /a read showed revision 6/);
    const then: ReadCall = { ...READ, sentMs: 25, atMs: 26, revision: 3 };
    const running: StoredTurn = { ...ANSWERED, status: "running", answer: "tw", endRevision: undefined };
    assert.equal(judge([...CALLS, { ...then, turns: [FIRST, running] }]), "");
    assert.match(judge([...CALLS, { ...then, turns: [FIRST] }]), /is not what it was/);
    assert.match(
      judge([...CALLS, { ...READ, turns: [FIRST, { ...ANSWERED, answer: "" }, APPENDED] }]),
      /is not what it was/,
    );
  });

  it("sees a change that comes before another that was known when it was asked for", () => {
    const late = { ...APPEND, sentMs: 30, end: { type: "done", atMs: 60, number: 3, revision: 5 } } as ObservedCall;
    assert.equal(judge([TURN, UPDATE, late]), "");
    assert.match(judge([TURN, { ...UPDATE, sentMs: 41 }, APPEND]), /an update shows revision 3, begun when 4/);
  });
});
