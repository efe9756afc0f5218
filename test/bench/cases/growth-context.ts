import { fitLine } from "../../support/linear-fit.js";
import type { BenchCase } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { firstTokenMs, timePerTokenMs } from "../client/observed.js";
import { startRill } from "../side.js";
import { story } from "../story.js";

const INPUT_WORDS = [128, 512, 1_024, 2_048, 4_096, 8_000];
const SHORT_INPUT_WORDS = [32, 64];
/** For the input, whose words may be more than a token, and the output. */
const SPARE_TOKENS = 192;
const OUTPUT_TOKENS = 32;

/** Measures what prefill and decoding cost as the context fills, on Rill alone with one stream and without drafts. */
export const growthContext: BenchCase = {
  name: "growth-context",
  title: "Cost of prefill and decoding over the context",
  async run(setup) {
    const sizes = setup.short ? SHORT_INPUT_WORDS : INPUT_WORDS;
    await using client = new ClientProcess();
    await using rill = await startRill({
      setup,
      slots: 1,
      contextTokens: Math.max(...sizes) + SPARE_TOKENS,
      flags: ["--speculation", "off"],
    });
    const readings: { readonly tokens: number; readonly readMs: number; readonly stepMs: number }[] = [];
    for (const [index, words] of sizes.entries()) {
      setup.announce(`an input of ${words} words`);
      const calls = [{ prompt: story(index + 1, words), outputTokens: OUTPUT_TOKENS }];
      const [seen] = await client.play({ target: rill.target, calls });
      if (seen === undefined) throw new Error("no call was made");
      readings.push({ tokens: seen.inputTokens, readMs: firstTokenMs(seen), stepMs: timePerTokenMs(seen) });
    }
    // A token at position p takes a + b·p to read, so all n together a·n + b·n²/2.
    const reading = fitLine(readings.map(({ tokens, readMs }) => ({ x: tokens / 2, y: readMs / tokens })));
    const decoding = fitLine(readings.map(({ tokens, stepMs }) => ({ x: tokens, y: stepMs })));
    const figure = (what: string, ms: number): ReturnType<typeof toRow> => toRow({ what, unit: "ms" }, [{ rill: ms }]);
    const rows = [
      ...readings.flatMap(({ tokens, readMs, stepMs }) => [
        figure(`time to first token of an input of ${tokens} tokens`, readMs),
        figure(`a step after ${tokens} tokens of input`, stepMs),
      ]),
      figure("prefilling a token at the beginning", reading.atZero),
      figure("... more for each 1,000 tokens before it", 1_000 * reading.slope),
      figure("a step at the beginning", decoding.atZero),
      figure("... more for each 1,000 tokens before it", 1_000 * decoding.slope),
    ];
    const plots = [
      {
        title: "Prefill, for each token",
        xLabel: "tokens of input",
        yLabel: "ms",
        marks: "lines" as const,
        series: [{ name: "Rill", points: readings.map(({ tokens, readMs }) => [tokens, readMs / tokens] as const) }],
      },
      {
        title: "A step of one stream after an input",
        xLabel: "tokens of input",
        yLabel: "ms",
        marks: "lines" as const,
        series: [{ name: "Rill", points: readings.map(({ tokens, stepMs }) => [tokens, stepMs] as const) }],
      },
    ];
    return { rows, plots };
  },
};
