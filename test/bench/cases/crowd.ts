import { percentile } from "../../support/percentile.js";
import { alternate } from "../alternate.js";
import type { BenchCase, BenchSetup, Plot } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { firstArrivalMs, wholeMs } from "../client/observed.js";
import type { Observation, PlannedCall } from "../client/plan.js";
import { idealWaitsMs, overtakers } from "../first-come.js";
import { startPeer, startRill } from "../side.js";
import { story } from "../story.js";

const CONTEXT_TOKENS = 1_024;
const PROMPT_WORDS = 16;
/** So that the order in which they came is beyond doubt. */
const APART_MS = 10;
/** First tokens of one step arrive within less, those of two steps further apart. */
const SAME_STEP_MS = 10;

interface Wait {
  readonly arrivedAtMs: number;
  /** When its first token came: prompts are equally long, and read in in the order in which slots were given. */
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
        lines.map((waits) => ({ rill: overtakers(waits, SAME_STEP_MS) })),
      ),
      toRow(
        { what: "Rill: p99 of the waits for a slot, to that of an ideal line", unit: "", aim: { atMost: 1.05 } },
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

/** Outputs of 16 to 48 tokens in no order, so that slots do not fall free all at once. */
function callers({ short }: BenchSetup, round: number): PlannedCall[] {
  return Array.from({ length: short ? 16 : 64 }, (_, caller) => ({
    prompt: story(1_000 * (round + 2) + caller, PROMPT_WORDS),
    outputTokens: short ? 4 + (caller % 3) : 16 + ((caller * 13) % 33),
    afterMs: caller * APART_MS,
  }));
}

function waitOf(observation: Observation): Wait {
  const { openedAtMs, served } = observation;
  if (served === undefined) throw new Error("the server did not tell its times");
  return {
    arrivedAtMs: openedAtMs + served.prepareMs,
    begunAtMs: firstArrivalMs(observation),
    waitedMs: served.queueMs,
    heldMs: served.totalMs - served.prepareMs - served.queueMs,
  };
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
