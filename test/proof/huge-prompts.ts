/**
 * Prompts of just under 4 MiB, one after another, beside a running stream on the real engine: each is refused, and the stream's worst gap hardly grows.
 * Usage: npm run proof:huge-prompts [-- --short]
 */
import { parseArgs } from "node:util";
import { defaultModelPath } from "../support/default-model.js";
import { RuntimeClient, type StreamMessage } from "../support/runtime-client.js";
import { ServerProcess } from "../support/server-process.js";
import { percentile } from "./percentile.js";
import { type Finding, publish } from "./report.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const ROUNDS = flags.short ? 2 : 7;
const OUTPUT_TOKENS = 300;
const HUGE = "many words make a long prompt ".repeat(140_000).slice(0, 4 * 1024 * 1024 - 200);
const BOUND_MS = 50;

await using server = await ServerProcess.start({
  flags: ["--model", await defaultModelPath(), "--slots", "2", "--context-tokens", "2048"],
});
using client = new RuntimeClient(server.address);
using attacker = new RuntimeClient(server.address);

await worstGapMs(() => Promise.resolve());
const growthMs: number[] = [];
const refusals = new Set<string>();
for (let round = 0; round < ROUNDS; round += 1) {
  const aloneMs = await worstGapMs(() => Promise.resolve());
  growthMs.push((await worstGapMs(sendHugePrompt)) - aloneMs);
}
const findings: Finding[] = [
  {
    what: `growth of a stream's worst gap beside prompts of ${HUGE.length} bytes (${ROUNDS} rounds)`,
    figure: `median ${percentile(growthMs, 0.5).toFixed(1)} ms, most ${percentile(growthMs, 1).toFixed(1)} ms`,
    bound: `median at most ${BOUND_MS} ms`,
    holds: percentile(growthMs, 0.5) <= BOUND_MS,
  },
  {
    what: "what the huge prompts were answered",
    figure: [...refusals].join("; "),
    bound: "INVALID_ARGUMENT (3)",
    holds: refusals.size === 1 && [...refusals].every((refusal) => refusal.startsWith("3 ")),
  },
];
publish({
  name: "huge-prompts",
  command: `npm run proof:huge-prompts${flags.short ? " -- --short" : ""}`,
  seed: undefined,
  short: flags.short,
  findings,
  figures: { growthMs },
});

/** The longest time without a chunk in one stream, while `disturb` is done again and again. */
async function worstGapMs(disturb: () => Promise<void>): Promise<number> {
  const stream = client.generateStream({
    prompt: "The longest river of the world",
    sampling: { temperature: 0 },
    stopping: { max_output_tokens: OUTPUT_TOKENS, ignore_end_of_generation: true },
  });
  let over = false;
  let worstMs = 0;
  let lastMs: number | undefined;
  let disturbing: Promise<void> | undefined;
  const disturbOn = async (): Promise<void> => {
    while (!over) {
      await disturb();
      // A turn of the loop, or a disturbance of nothing would never let go.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  for await (const message of stream as AsyncIterable<StreamMessage>) {
    if (message.event !== "chunk") continue;
    const nowMs = performance.now();
    if (lastMs !== undefined) worstMs = Math.max(worstMs, nowMs - lastMs);
    lastMs = nowMs;
    disturbing ??= disturbOn();
  }
  over = true;
  await disturbing;
  return worstMs;
}

async function sendHugePrompt(): Promise<void> {
  try {
    await attacker.unary("rill.v1.GenerationService/Generate", { prompt: HUGE });
  } catch (error) {
    refusals.add((error as Error).message.slice(0, 120));
    return;
  }
  throw new Error("a prompt beyond the context was not refused");
}
