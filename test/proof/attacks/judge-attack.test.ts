import assert from "node:assert/strict";
import type { Attack } from "./attack.js";
import type { Holdings, Phase } from "./attack-rig.js";
import { judgeLone, judgeTrial, type Trial } from "./judge-attack.js";
import type { PulseView } from "./pulse.js";

const MIB = 1024 * 1024;
const ATTACK: Attack = { name: "noise", sends: "noise", run: async () => ({ claims: [] }) };
const HOLDINGS: Holdings = { sockets: 3, otherDescriptors: 20, slotsBusy: 1, generations: 1, waiting: 0 };
const RIGHT: PulseView = { asked: 10, worstMs: 20, failures: [] };

interface Seen {
  readonly medianMs?: number;
  readonly worstGapMs?: number;
  readonly flaws?: string[];
  readonly health?: PulseView;
  readonly newClients?: PulseView;
  readonly livez?: PulseView;
  readonly calls?: PulseView;
  readonly mainThreadMs?: number;
}

function phase(seen: Seen = {}): Phase {
  const { medianMs = 20, worstGapMs = 50, flaws = [], mainThreadMs = 100, ...pulses } = seen;
  const view = {
    stream: { medianMs, worstGapMs, chunks: 100, flaws },
    ...{ health: RIGHT, newClients: RIGHT, livez: RIGHT, calls: RIGHT },
    ...pulses,
  };
  return { view, mainThreadMs, lastedMs: 1_000 };
}

function trial(attack: Phase, others: Partial<Trial> = {}): Trial {
  return {
    ...{ version: "v0", attack: ATTACK, short: false, alive: true, before: HOLDINGS, after: HOLDINGS },
    rounds: [{ attack, control: phase(), outcome: { claims: [] } }],
    residentBytes: { before: 300 * MIB, most: 400 * MIB, after: 310 * MIB },
    ...{ floorMs: undefined, settledMs: 250 },
    ...others,
  };
}

/** What does not hold, without the part that names the attack. */
function broken(judged: Trial): string[] {
  return judgeTrial(judged)
    .filter(({ holds }) => !holds)
    .map(({ what }) => what.replace("Node v0, noise: ", ""));
}

const WHOLE = "the process, the innocent stream and the answers to others";
const PACE = "pace of the innocent stream";
const ANSWERS = "longest wait for an answer";
const MEMORY = "resident memory of the server beyond before";
const HELD = "descriptors, slots, seats and places in the queue, before and after";

describe("The judge of attacks", () => {
  it("finds nothing where nothing is worse than beside the control", () => {
    assert.deepEqual(broken(trial(phase())), []);
  });

  it("does not forgive a stream with a flaw, a wrong answer, or a lost process", () => {
    const wrong: PulseView = { ...RIGHT, failures: ["no"] };
    assert.deepEqual(broken(trial(phase({ flaws: ["a letter is missing"] }))), [WHOLE]);
    for (const pulse of ["health", "newClients", "livez", "calls"]) {
      assert.deepEqual(broken(trial(phase({ [pulse]: wrong }))), [WHOLE], pulse);
    }
    assert.deepEqual(broken(trial(phase(), { alive: false })), [WHOLE, MEMORY]);
  });

  it("asks nothing of new clients where an attack may turn them away", () => {
    const late: PulseView = { asked: 10, worstMs: 9_000, failures: ["refused"] };
    const attack = { ...ATTACK, newClientsServed: false };
    assert.deepEqual(broken(trial(phase({ newClients: late }), { attack })), []);
  });

  it("holds pace and gaps to the control's", () => {
    assert.deepEqual(broken(trial(phase({ medianMs: 24 }))), []);
    assert.deepEqual(broken(trial(phase({ medianMs: 24.1 }))), [PACE]);
    assert.deepEqual(broken(trial(phase({ worstGapMs: 300 }))), []);
    assert.deepEqual(broken(trial(phase({ worstGapMs: 301 }))), [PACE]);
  });

  it("takes the time off for which the server was stopped", () => {
    const slow = { ...RIGHT, worstMs: 3_400 };
    const attack = { ...ATTACK, pauseMs: 3_000 };
    assert.deepEqual(broken(trial(phase({ worstGapMs: 3_200, health: slow, livez: slow }), { attack })), []);
    assert.deepEqual(broken(trial(phase({ worstGapMs: 3_200, health: slow }))), [PACE, ANSWERS]);
  });

  it("holds health, of old and new clients, and /livez to half a second", () => {
    const slow = { ...RIGHT, worstMs: 501 };
    for (const pulse of ["health", "newClients", "livez"]) {
      assert.deepEqual(broken(trial(phase({ [pulse]: slow }))), [ANSWERS], pulse);
    }
  });

  it("holds memory to 200 MiB during, and 50 MiB after", () => {
    const before = 300 * MIB;
    assert.deepEqual(broken(trial(phase(), { residentBytes: { before, most: 501 * MIB, after: before } })), [MEMORY]);
    assert.deepEqual(broken(trial(phase(), { residentBytes: { before, most: before, after: 351 * MIB } })), [MEMORY]);
  });

  it("holds the memory of a short run to 300 MiB during, and 100 MiB after", () => {
    const before = 300 * MIB;
    const ofShort = (most: number, after: number): string[] =>
      broken(trial(phase(), { short: true, residentBytes: { before, most: most * MIB, after: after * MIB } }));
    assert.deepEqual([ofShort(599, 399), ofShort(601, 300), ofShort(300, 401)], [[], [MEMORY], [MEMORY]]);
  });

  it("wants all back that was held, and an answer that says so", () => {
    assert.deepEqual(broken(trial(phase(), { after: { ...HOLDINGS, sockets: 4 } })), [HELD]);
    assert.deepEqual(broken(trial(phase(), { after: { ...HOLDINGS, slotsBusy: 2 } })), [HELD]);
    assert.deepEqual(broken(trial(phase(), { before: undefined, after: undefined })), [HELD]);
  });

  it("takes from a unit's cost what the server does anyway, and lets a stream cost a fifth more than the floor", () => {
    const attack: Attack = { ...ATTACK, cost: { unit: "stream", limitMs: 0.06 } };
    const costing = (mainThreadMs: number, floorMs: number): string[] => {
      const outcome = { claims: [], units: 1_000 };
      const rounds = [{ attack: phase({ mainThreadMs }), control: phase(), outcome }];
      return broken(trial(phase(), { attack, rounds, floorMs }));
    };
    assert.deepEqual(costing(159, 0.01), []);
    assert.deepEqual(costing(161, 0.01), ["main thread's time for a stream"]);
    assert.deepEqual(costing(219, 0.1), []);
    assert.deepEqual(costing(221, 0.1), ["main thread's time for a stream"]);
  });

  it("tells of a claim once, and the round in which it did not hold", () => {
    const claim = { what: "claimed", figure: "1 of 1", bound: "all", holds: true };
    const claims = [claim, { ...claim, figure: "0 of 1", holds: false }, claim];
    const rounds = claims.map((each) => ({ attack: phase(), control: phase(), outcome: { claims: [each] } }));
    const told = judgeTrial(trial(phase(), { rounds })).filter(({ what }) => what.endsWith("claimed"));
    assert.deepEqual(
      told.map(({ figure }) => figure),
      ["0 of 1"],
    );
    const lone = judgeLone("v0", ATTACK, { alive: false, outcome: { claims: [claim] } });
    assert.deepEqual(
      lone.map(({ holds }) => holds),
      [false, true],
    );
  });
});
