import type { Plot, PlotSeries } from "../bench-case.js";
import { median } from "../median.js";
import type { JoinRounds, JoinSeen, Variant } from "./joining.js";

/** Where each variant stands between its neighbours' standstill and the newcomer's wait. */
export function gapPlot(rounds: JoinRounds): Plot {
  const series = [...rounds].map(([{ name, side }, seen]): PlotSeries => {
    const x = median(seen.map(({ firstTokenMs }) => firstTokenMs));
    return {
      name: `${side === "rill" ? "Rill" : "llama-server"}, ${name}`,
      points: [[x, median(seen.map(({ gapMs }) => gapMs))]],
    };
  });
  return {
    title: "What the neighbours pay for a newcomer's first token",
    xLabel: "time to first token of the joiner, ms",
    yLabel: "worst gap of the neighbours, ms",
    marks: "points",
    series,
  };
}

/** What one neighbour got in the last round, from the moment in which the prompt came. */
export function timeline(rounds: JoinRounds, variants: readonly Variant[]): Plot {
  const shown = variants.flatMap((variant) => {
    const seen = rounds.get(variant)?.at(-1);
    return seen === undefined ? [] : [{ variant, seen }];
  });
  return {
    title: "One neighbour while the prompt joins",
    xLabel: "seconds since the prompt came",
    yLabel: "tokens received since then",
    marks: "steps",
    series: shown.map(({ variant: { name, side }, seen }) => ({
      name: side === "rill" ? `Rill, ${name}` : `llama-server, ${name}`,
      points: neighbourSteps(seen),
    })),
  };
}

function neighbourSteps({ neighbours, joiner }: JoinSeen): (readonly [number, number])[] {
  const arrivals = neighbours[0]?.arrivals ?? [];
  let tokens = 0;
  const steps: (readonly [number, number])[] = [[0, 0]];
  for (const arrival of arrivals) {
    if (arrival.atMs < joiner.openedAtMs) continue;
    tokens += arrival.tokens;
    steps.push([(arrival.atMs - joiner.openedAtMs) / 1_000, tokens]);
  }
  return steps;
}
