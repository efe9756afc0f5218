import { percentile } from "../../support/percentile.js";
import { alternate } from "../alternate.js";
import type { BenchCase, BenchSetup, Plot } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { gapsMs, wholeMs } from "../client/observed.js";
import type { Observation, PlannedCall } from "../client/plan.js";
import { idealWaitsMs, overtakers } from "../first-come.js";
import { median } from "../median.js";
import { startPeer, startRill } from "../side.js";
import { story } from "../story.js";

const CONTEXT_TOKENS = 1_024;
const PROMPT_WORDS = 16;
/** So that the order in which they came is beyond doubt. */
const APART_MS = 10;

interface Wait {
  readonly arrivedAtMs: number;
  /** When it got its slot. */
  readonly begunAtMs: number;
  readonly waitedMs: number;
  readonly heldMs: number;
}

/** Many more callers than slots, all served in the end. */
export const crowd: BenchCase = {
  name: "crowd",
  title: "64 callers on 8 slots",
  needsPeer: true,
  async run(setup) {
    const slots = setup.short ? 4 : 8;
    const size = { setup, slots, contextTokens: CONTEXT_TOKENS };
    await using client = new ClientProcess();
    await using rill = await startRill(size);
    await using peer = await startPeer(size);
    for (const { target } of [rill, peer]) await client.play({ target, calls: callers(setup, -1).slice(0, slots) });
    const rounds = await alternate({
      setup,
      contenders: [rill, peer],
      measure: ({ target }, round) => client.play({ target, calls: callers(setup, round) }),
    });
    const lines = rounds.map(([ours = []]) => ours.map(waitOf));
    const ideals = lines.map((waits) => idealWaitsMs(waits, slots));
    const actual99 = lines.map((waits) =>
      percentile(
        waits.map(({ waitedMs }) => waitedMs),
        0.99,
      ),
    );
    const ideal99 = ideals.map((waits) => percentile(waits, 0.99));
    const rows = [
      toRow(
        { what: "until the last has its last token", unit: "ms", aim: { atMost: 1 } },
        rounds.map(([ours = [], theirs = []]) => ({ rill: wholeMs(ours), peer: wholeMs(theirs) })),
      ),
      toRow(
        { what: "Rill: calls that began before one that had come earlier", unit: "", aim: { atMost: 0 } },
        rounds.map(([ours = []]) => ({ rill: overtakersOf(ours) })),
      ),
      toRow(
        { what: "Rill: p99 of the waits for a slot, to that of an ideal queue", unit: "", aim: { atMost: 1.05 } },
        actual99.map((wait, round) => ({ rill: wait / (ideal99[round] ?? NaN) })),
      ),
      toRow(
        { what: "Rill: p99 of the waits for a slot", unit: "ms" },
        actual99.map((wait) => ({ rill: wait })),
      ),
    ];
    return { rows, plots: [waitPlot(lines.at(-1) ?? [], ideals.at(-1) ?? [])] };
  },
};

/** Outputs of 12 to 36 tokens in no order, so that slots do not fall free all at once. */
function callers({ short }: BenchSetup, round: number): PlannedCall[] {
  return Array.from({ length: short ? 16 : 64 }, (_, caller) => ({
    prompt: story(1_000 * (round + 2) + caller, PROMPT_WORDS),
    outputTokens: short ? 4 + (caller % 3) : 12 + ((caller * 13) % 25),
    afterMs: caller * APART_MS,
  }));
}

function waitOf({ openedAtMs, served }: Observation): Wait {
  if (served === undefined) throw new Error("the server did not tell its times");
  const arrivedAtMs = openedAtMs + served.prepareMs;
  return {
    arrivedAtMs,
    begunAtMs: arrivedAtMs + served.queueMs,
    waitedMs: served.queueMs,
    heldMs: served.totalMs - served.prepareMs - served.queueMs,
  };
}

/** Slots are given between steps: starts that lie less than half a step apart are of the same moment, told more or less exactly. */
function overtakersOf(observations: readonly Observation[]): number {
  const stepMs = median(observations.flatMap(gapsMs));
  const calls = observations.map((observation) => ({ ...waitOf(observation), arrivedAtMs: observation.openedAtMs }));
  return overtakers(calls, stepMs / 2);
}

function waitPlot(waits: readonly Wait[], ideal: readonly number[]): Plot {
  return {
    title: "Waits for a slot, in the order in which callers came",
    xLabel: "caller",
    yLabel: "ms",
    marks: "points",
    series: [
      { name: "Rill", points: waits.map(({ waitedMs }, index) => [index + 1, waitedMs]) },
      { name: "first come, first served", points: ideal.map((wait, index) => [index + 1, wait]) },
    ],
  };
}
