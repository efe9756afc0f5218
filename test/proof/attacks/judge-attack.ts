import { percentile } from "../../support/percentile.js";
import type { Finding } from "../report.js";
import type { Attack, Claim, Outcome } from "./attack.js";
import type { Holdings, Phase } from "./attack-rig.js";

const MIB = 1024 * 1024;
const PACE = 1.2;
const GAP_MS = 250;
const ANSWER_MS = 500;
const MEMORY_MIB = { growth: 200, kept: 50 };
/** A short run may share its machine, on which collections come later. */
const SHORT_MEMORY_MIB = { growth: 300, kept: 100 };
/** Beyond a bare server's cost. */
const FLOOR_SHARE = 1.2;

/** One attack on one server: its rounds, each beside its control, and what was before and after all of them. */
export interface Trial {
  /** Of Node. */
  readonly version: string;
  readonly attack: Attack;
  readonly short: boolean;
  readonly alive: boolean;
  readonly rounds: readonly { readonly attack: Phase; readonly control: Phase; readonly outcome: Outcome }[];
  readonly before: Holdings | undefined;
  readonly after: Holdings | undefined;
  readonly residentBytes: { readonly before: number; readonly most: number; readonly after: number };
  /** What a unit costs a server that does nothing but refuse it, for an attack whose cost is that of a stream. */
  readonly floorMs: number | undefined;
  /** When the memory was as before, or that it was not, after the last round. */
  readonly settledMs: number;
}

/** Holds a trial to the bounds. */
export function judgeTrial(trial: Trial): Finding[] {
  const { version, attack } = trial;
  const about = `Node ${version}, ${attack.name}`;
  return [
    judgeWhole(about, trial),
    judgePace(about, trial),
    judgeAnswers(about, trial),
    judgeMemory(about, trial),
    judgeHoldings(about, trial),
    ...judgeCost(about, trial),
    ...judgeClaims(about, trial),
  ];
}

/** Of a claim that was made in each round, the first that does not hold. */
function judgeClaims(about: string, { rounds }: Trial): Finding[] {
  const told = new Map<string, Claim>();
  for (const claim of rounds.flatMap(({ outcome }) => outcome.claims)) {
    if (told.get(claim.what)?.holds !== false) told.set(claim.what, claim);
  }
  return [...told.values()].map((claim) => ({ ...claim, what: `${about}: ${claim.what}` }));
}

/** A server that nobody stands by. */
export function judgeLone(
  version: string,
  attack: Attack,
  { alive, outcome }: { alive: boolean; outcome: Outcome },
): Finding[] {
  const about = `Node ${version}, ${attack.name}`;
  const process = {
    what: `${about}: the server's process`,
    figure: alive ? "runs" : "has ended",
    bound: "runs",
    holds: alive,
  };
  return [process, ...outcome.claims.map((claim) => ({ ...claim, what: `${about}: ${claim.what}` }))];
}

function judgeWhole(about: string, { alive, attack, rounds }: Trial): Finding {
  const wrong = new Set<string>(alive ? [] : ["the server's process has ended"]);
  let chunks = 0;
  let answers = 0;
  for (const { view } of rounds.map((round) => round.attack)) {
    const pulses = [
      { name: "health", ...view.health },
      { name: "/livez", ...view.livez },
      { name: "a call", ...view.calls },
      ...(attack.newClientsServed === false ? [] : [{ name: "health of a new client", ...view.newClients }]),
    ];
    for (const flaw of view.stream.flaws) wrong.add(`the stream: ${flaw}`);
    for (const { name, failures } of pulses) for (const failure of failures) wrong.add(`${name}: ${failure}`);
    chunks += view.stream.chunks;
    for (const { asked } of pulses) answers += asked;
  }
  const seen = `${chunks} chunks, ${answers} answers`;
  return {
    what: `${about}: the process, the innocent stream and the answers to others`,
    figure: wrong.size === 0 ? `${seen}, all whole` : `${seen}; ${[...wrong].slice(0, 6).join("; ")}`,
    bound: "all whole",
    holds: wrong.size === 0,
  };
}

function judgePace(about: string, { attack, rounds }: Trial): Finding {
  const medianOf = (phases: readonly Phase[]): number =>
    percentile(
      phases.map(({ view }) => view.stream.medianMs),
      0.5,
    );
  const worstOf = (phases: readonly Phase[]): number => Math.max(...phases.map(({ view }) => view.stream.worstGapMs));
  const attacks = rounds.map((round) => round.attack);
  const controls = rounds.map(({ control }) => control);
  const paused = attack.pauseMs ?? 0;
  const ratio = medianOf(attacks) / medianOf(controls);
  const growthMs = worstOf(attacks) - worstOf(controls) - paused;
  return {
    what: `${about}: pace of the innocent stream`,
    figure:
      `median ${round(medianOf(attacks))} ms, ${round(ratio)}x the control's; ` +
      `worst gap ${round(worstOf(attacks))} ms, ${round(growthMs)} ms beyond the control's${paused > 0 ? " and the pause" : ""}`,
    bound: `at most ${PACE}x, and ${GAP_MS} ms beyond`,
    holds: ratio <= PACE && growthMs <= GAP_MS,
    timed: true,
  };
}

function judgeAnswers(about: string, { attack, rounds }: Trial): Finding {
  const worst = (pulse: "health" | "newClients" | "livez", phase: "attack" | "control"): number =>
    Math.max(...rounds.map((round) => round[phase].view[pulse].worstMs));
  const judged = (["health", "newClients", "livez"] as const).filter(
    (pulse) => pulse !== "newClients" || attack.newClientsServed !== false,
  );
  const names = { health: "health", newClients: "health of new clients", livez: "/livez" };
  const limitMs = ANSWER_MS + (attack.pauseMs ?? 0);
  return {
    what: `${about}: longest wait for an answer`,
    figure: judged
      .map(
        (pulse) => `${names[pulse]} ${round(worst(pulse, "attack"))} ms (control ${round(worst(pulse, "control"))} ms)`,
      )
      .join(", "),
    bound: `at most ${limitMs} ms`,
    holds: judged.every((pulse) => worst(pulse, "attack") <= limitMs),
    timed: true,
  };
}

function judgeMemory(about: string, { alive, residentBytes, settledMs, short }: Trial): Finding {
  const most = short ? SHORT_MEMORY_MIB : MEMORY_MIB;
  const growth = (residentBytes.most - residentBytes.before) / MIB;
  const kept = (residentBytes.after - residentBytes.before) / MIB;
  return {
    what: `${about}: resident memory of the server beyond before`,
    figure: `at most ${round(growth)} MiB during, ${round(kept)} MiB ${round(settledMs / 1_000)} s later`,
    bound: `at most ${most.growth} MiB during, ${most.kept} MiB afterwards`,
    holds: alive && growth <= most.growth && kept <= most.kept,
  };
}

function judgeHoldings(about: string, { before, after }: Trial): Finding {
  const same = before !== undefined && JSON.stringify(before) === JSON.stringify(after);
  return {
    what: `${about}: descriptors, slots, seats and places in the queue, before and after`,
    figure: same
      ? JSON.stringify(after)
      : [before, after].map((held) => (held === undefined ? "no answer" : JSON.stringify(held))).join(", "),
    bound: "the same",
    holds: same,
  };
}

/** The main thread's time of a unit, less what it does beside the control in as long a time. */
function judgeCost(about: string, { attack: { cost }, rounds, floorMs = 0 }: Trial): Finding[] {
  if (cost === undefined) return [];
  const costsMs = rounds.map(({ attack, control, outcome }) => {
    const elseMs = (control.mainThreadMs / control.lastedMs) * attack.lastedMs;
    return (attack.mainThreadMs - elseMs) / (outcome.units ?? 1);
  });
  const costMs = percentile(costsMs, 0.5);
  const limitMs = Math.max(cost.limitMs, floorMs * FLOOR_SHARE);
  return [
    {
      what: `${about}: main thread's time for a ${cost.unit}`,
      figure: `${costMs.toPrecision(3)} ms${floorMs > 0 ? `; of a bare server ${floorMs.toPrecision(3)} ms` : ""}`,
      bound: `at most ${limitMs.toPrecision(3)} ms`,
      holds: costMs <= limitMs,
      timed: true,
    },
  ];
}

export function hasSettled(beforeBytes: number, nowBytes: number): boolean {
  return nowBytes - beforeBytes <= MEMORY_MIB.kept * MIB;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
