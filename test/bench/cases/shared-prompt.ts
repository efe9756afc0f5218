import { alternate } from "../alternate.js";
import type { BenchCase, PlotSeries } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { firstArrivalMs, firstTokenMs } from "../client/observed.js";
import type { Observation, PlannedCall } from "../client/plan.js";
import { startPeer, startRill } from "../side.js";
import { story } from "../story.js";

const CALLERS = 8;
const SHARED_WORDS = 500;
const SHORT_SHARED_WORDS = 150;
const OWN_WORDS = 12;
const OUTPUT_TOKENS = 4;
const SIZE = { slots: CALLERS, contextTokens: 2_048 };

/** Callers who come at once with the same beginning, new to the server. Both sides may reuse what they can, the peer as it does by default. */
export const sharedPrompt: BenchCase = {
  name: "shared-prompt",
  title: `${CALLERS} callers at once who share a system prompt of ${SHARED_WORDS} tokens`,
  needsPeer: true,
  async run(setup) {
    await using client = new ClientProcess();
    await using rill = await startRill({ setup, ...SIZE });
    await using peer = await startPeer({ setup, ...SIZE, storesPrompts: true });
    const calls = (round: number): PlannedCall[] => {
      const seed = 1_000 * (round + 2);
      const shared = story(seed, setup.short ? SHORT_SHARED_WORDS : SHARED_WORDS);
      return Array.from({ length: CALLERS }, (_, caller) => ({
        prompt: `${shared} ${story(seed + caller + 1, OWN_WORDS)}`,
        outputTokens: OUTPUT_TOKENS,
        mayReuse: true,
      }));
    };
    for (const { target } of [rill, peer]) {
      const warmUp = story(1, 64);
      await client.play({ target, calls: [{ prompt: warmUp, outputTokens: OUTPUT_TOKENS, mayReuse: true }] });
    }
    const rounds = await alternate({
      setup,
      contenders: [rill, peer],
      measure: ({ target }, round) => client.play({ target, calls: calls(round) }),
    });
    const row = toRow(
      { what: "until all have their first token", unit: "ms", aim: { atMost: 0.2 } },
      rounds.map(([ours = [], theirs = []]) => ({ rill: allBegunMs(ours), peer: allBegunMs(theirs) })),
    );
    const [ours = [], theirs = []] = rounds.at(-1) ?? [];
    const plot = {
      title: "First tokens, one caller after another",
      xLabel: "callers that have their first token",
      yLabel: "ms since they came",
      marks: "points" as const,
      series: [begun("Rill", ours), begun("llama-server", theirs)],
    };
    return { rows: [row], plots: [plot] };
  },
};

function allBegunMs(observations: readonly Observation[]): number {
  const openedAtMs = Math.min(...observations.map((observation) => observation.openedAtMs));
  return Math.max(...observations.map(firstArrivalMs)) - openedAtMs;
}

function begun(name: string, observations: readonly Observation[]): PlotSeries {
  const times = observations.map(firstTokenMs).toSorted((a, b) => a - b);
  return { name, points: times.map((time, index) => [index + 1, time]) };
}
