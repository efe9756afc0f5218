/**
 * A prompt of just under 4 MiB beside a running stream on the real engine: it is refused, and the stream's worst gap hardly grows.
 * Usage: npm run proof:huge-prompts [-- --short]
 */
import { parseArgs } from "node:util";
import { defaultModelPath } from "../support/default-model.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { encodeRequest, RuntimeClient, type StreamMessage } from "../support/runtime-client.js";
import { ServerProcess } from "../support/server-process.js";
import { percentile } from "../support/percentile.js";
import { type Finding, publish } from "./report.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const ROUNDS = flags.short ? 2 : 7;
const OUTPUT_TOKENS = 300;
const HUGE = "many words make a long prompt ".repeat(140_000).slice(0, 4 * 1024 * 1024 - 200);
const BOUND_MS = 50;
const METHOD = "rill.v1.GenerationService/Generate";

await using server = await ServerProcess.start({
  flags: ["--model", await defaultModelPath(), "--slots", "2", "--context-tokens", "2048"],
});
using client = new RuntimeClient(server.address);
/** Encoded beforehand: on a small machine the sender's own work would disturb the stream as well. */
const encoded = encodeRequest(METHOD, { prompt: HUGE });

await worstGapMs(() => Promise.resolve());
const growthMs: number[] = [];
const refusals = new Set<string>();
for (let round = 0; round < ROUNDS; round += 1) {
  const aloneMs = await worstGapMs(() => Promise.resolve());
  growthMs.push((await worstGapMs(sendHugePrompt)) - aloneMs);
}
const findings: Finding[] = [
  {
    what: `growth of a stream's worst gap beside a prompt of ${HUGE.length} bytes (${ROUNDS} rounds)`,
    figure: `median ${percentile(growthMs, 0.5).toFixed(1)} ms, most ${percentile(growthMs, 1).toFixed(1)} ms`,
    bound: `median at most ${BOUND_MS} ms`,
    holds: percentile(growthMs, 0.5) <= BOUND_MS,
    timed: true,
  },
  {
    what: "what the huge prompt was answered",
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

/** The longest time without a chunk in one stream; what disturbs is done once, after a third of it. */
async function worstGapMs(disturb: () => Promise<void>): Promise<number> {
  const stream = client.generateStream({
    prompt: "The longest river of the world",
    sampling: { temperature: 0 },
    stopping: { max_output_tokens: OUTPUT_TOKENS, ignore_end_of_generation: true },
  });
  let worstMs = 0;
  let lastMs: number | undefined;
  let disturbing: Promise<void> | undefined;
  for await (const message of stream as AsyncIterable<StreamMessage>) {
    if (message.event !== "chunk") continue;
    const nowMs = performance.now();
    if (lastMs !== undefined) worstMs = Math.max(worstMs, nowMs - lastMs);
    lastMs = nowMs;
    if ((message.chunk?.output_tokens ?? 0) >= OUTPUT_TOKENS / 3) disturbing ??= disturb();
  }
  await disturbing;
  return worstMs;
}

async function sendHugePrompt(): Promise<void> {
  await using call = await RawHttp2Reader.open({ address: server.address, method: METHOD, request: encoded });
  const { grpcStatus, trailers } = await call.ended;
  refusals.add(`${String(grpcStatus)} ${decodeURIComponent(String(trailers["grpc-message"]))}`);
}
