import { fitSlope } from "../../support/linear-fit.js";
import type { BenchCase, BenchSetup } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import type { Plan } from "../client/plan.js";
import { startRill } from "../side.js";
import { story } from "../story.js";

const SIZE = { slots: 8, contextTokens: 1_024 };
const PROMPT_WORDS = 3;
const OUTPUT_TOKENS = 1;
const MIB = 1024 * 1024;

/** Whether memory grows with the number of generations. Rill alone. */
export const growth: BenchCase = {
  name: "growth",
  title: "Resident memory over short generations",
  async run(setup) {
    const { generations, warmUp, batch } = sizes(setup);
    await using client = new ClientProcess();
    await using rill = await startRill({ setup, ...SIZE });
    const play = async (first: number): Promise<void> => {
      const calls = Array.from({ length: batch }, (_, call) => ({
        prompt: story(first + call, PROMPT_WORDS),
        outputTokens: OUTPUT_TOKENS,
      }));
      const plan: Plan = { target: rill.target, calls, callers: SIZE.slots };
      await client.play(plan);
    };
    setup.announce(`${warmUp} generations to warm up, then ${generations}`);
    for (let done = 0; done < warmUp; done += batch) await play(done);
    const startedAtMs = performance.now();
    const readings = [{ x: 0, y: rill.residentBytes() / MIB }];
    for (let done = 0; done < generations; done += batch) {
      await play(warmUp + done);
      readings.push({ x: (performance.now() - startedAtMs) / 60_000, y: rill.residentBytes() / MIB });
    }
    const head = { what: `growth over ${generations} generations`, unit: "MiB/min", aim: { atMost: 1 } };
    const plot = {
      title: `Resident memory over ${generations} generations`,
      xLabel: "minutes",
      yLabel: "MiB",
      marks: "lines" as const,
      series: [{ name: "Rill", points: readings.map(({ x, y }) => [x, y] as const) }],
    };
    return { rows: [toRow(head, [{ rill: fitSlope(readings) }])], plots: [plot] };
  },
};

interface GrowthSizes {
  readonly generations: number;
  readonly warmUp: number;
  /** Between two readings. */
  readonly batch: number;
}

function sizes({ short }: BenchSetup): GrowthSizes {
  return short ? { generations: 64, warmUp: 32, batch: 16 } : { generations: 10_000, warmUp: 1_000, batch: 200 };
}
