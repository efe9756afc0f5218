import { statSync } from "node:fs";
import { fitLine } from "../../support/linear-fit.js";
import { percentile } from "../../support/percentile.js";
import type { BenchCase } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { gapsMs } from "../client/observed.js";
import { median } from "../median.js";
import { memoryBandwidth } from "../memory-bandwidth.js";
import { startRill } from "../side.js";
import { story } from "../story.js";

const COUNTS = [1, 2, 4, 8, 16, 32, 64];
const SHORT_COUNTS = [1, 2];
const CONTEXT_TOKENS = 512;
const PROMPT_WORDS = 12;
const OUTPUT_TOKENS = 40;

/** What a step costs as more streams take part in it. Rill alone, nothing tried ahead. */
export const growthStreams: BenchCase = {
  name: "growth-streams",
  title: "Cost of a step over the number of streams",
  async run(setup) {
    const counts = setup.short ? SHORT_COUNTS : COUNTS;
    const slots = Math.max(...counts);
    await using client = new ClientProcess();
    await using rill = await startRill({
      setup,
      slots,
      contextTokens: CONTEXT_TOKENS,
      flags: ["--speculation", "off"],
    });
    const stepsMs = new Map<number, number[]>();
    for (let round = 0; round < setup.rounds; round += 1) {
      for (const count of counts) {
        setup.announce(`round ${round + 1} of ${setup.rounds}: ${count} streams`);
        const calls = Array.from({ length: count }, (_, stream) => ({
          prompt: story(1_000 * round + 100 * count + stream, PROMPT_WORDS),
          outputTokens: OUTPUT_TOKENS,
        }));
        const seen = await client.play({ target: rill.target, calls });
        stepsMs.set(count, [...(stepsMs.get(count) ?? []), percentile(seen.flatMap(gapsMs), 0.5)]);
      }
    }
    const points = counts.map((count) => [count, median(stepsMs.get(count) ?? [])] as const);
    const lines = Array.from({ length: setup.rounds }, (_, round) =>
      fitLine(counts.map((count) => ({ x: count, y: stepsMs.get(count)?.[round] ?? NaN }))),
    );
    const bandwidth = memoryBandwidth();
    const weightBytes = statSync(setup.modelPath).size;
    const rows = [
      ...points.map(([count, stepMs]) => toRow({ what: `a step of ${count} streams`, unit: "ms" }, [{ rill: stepMs }])),
      toRow(
        { what: "each further stream adds to a step", unit: "ms" },
        lines.map(({ slope }) => ({ rill: slope })),
      ),
      toRow(
        { what: "weights read in a step of one stream, to what one thread can move", unit: "" },
        (stepsMs.get(1) ?? []).map((stepMs) => ({ rill: (weightBytes * 1_000) / stepMs / bandwidth })),
      ),
    ];
    const plot = {
      title: "A step over the streams that take part",
      xLabel: "streams",
      yLabel: "ms",
      marks: "lines" as const,
      series: [{ name: "Rill", points }],
    };
    return { rows, plots: [plot] };
  },
};
