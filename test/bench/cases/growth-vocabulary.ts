import { fitLine } from "../../support/linear-fit.js";
import { percentile } from "../../support/percentile.js";
import { createTinyModel } from "../../support/tiny-model.js";
import type { BenchCase } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { gapsMs } from "../client/observed.js";
import { startRill } from "../side.js";
import { story } from "../story.js";

const VOCABULARIES = [1_000, 16_000, 64_000, 128_000, 256_000];
const SHORT_VOCABULARIES = [1_000, 2_000];
const SIZE = { slots: 8, contextTokens: 512 };
const OUTPUT_TOKENS = 100;

/** What a step costs as the vocabulary grows: a model so small that little else counts but its output layer and the sampling. Rill alone. */
export const growthVocabulary: BenchCase = {
  name: "growth-vocabulary",
  title: `Cost of a step of ${SIZE.slots} streams over the vocabulary`,
  async run(setup) {
    const sizes = setup.short ? SHORT_VOCABULARIES : VOCABULARIES;
    const points: (readonly [number, number])[] = [];
    await using client = new ClientProcess();
    for (const vocabularySize of sizes) {
      setup.announce(`a vocabulary of ${vocabularySize} tokens`);
      const modelPath = await createTinyModel(undefined, { vocabularySize });
      await using rill = await startRill({
        setup: { ...setup, modelPath },
        ...SIZE,
        flags: ["--speculation", "off"],
      });
      const calls = Array.from({ length: SIZE.slots }, (_, stream) => ({
        prompt: story(stream, 2),
        outputTokens: OUTPUT_TOKENS,
      }));
      const seen = await client.play({ target: rill.target, calls });
      points.push([vocabularySize, percentile(seen.flatMap(gapsMs), 0.5)]);
    }
    const { slope } = fitLine(points.map(([x, y]) => ({ x, y })));
    const rows = [
      ...points.map(([size, ms]) => toRow({ what: `a step with ${size} tokens`, unit: "ms" }, [{ rill: ms }])),
      toRow({ what: "each 10,000 further tokens add to a step", unit: "ms" }, [{ rill: 10_000 * slope }]),
    ];
    const plot = {
      title: `A step of ${SIZE.slots} streams over the vocabulary`,
      xLabel: "tokens of the vocabulary",
      yLabel: "ms",
      marks: "lines" as const,
      series: [{ name: "Rill", points }],
    };
    return { rows, plots: [plot] };
  },
};
