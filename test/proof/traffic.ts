import type { RuntimeClient } from "../support/runtime-client.js";
import { type StreamMessage } from "../support/runtime-client.js";

/** Reads one generation of so many tokens to its end at full pace. @returns how long it took, in ms */
export async function runGeneration(client: RuntimeClient, prompt: string, outputTokens: number): Promise<number> {
  const startedAtMs = performance.now();
  const stream = client.generateStream({
    prompt,
    sampling: { temperature: 0 },
    stopping: { max_output_tokens: outputTokens, ignore_end_of_generation: true },
  });
  let tokens = 0;
  for await (const message of stream as AsyncIterable<StreamMessage>) {
    if (message.event === "chunk") tokens += message.chunk?.token_count ?? 0;
  }
  if (tokens !== outputTokens) throw new Error(`asked for ${outputTokens} tokens, received ${tokens}`);
  return performance.now() - startedAtMs;
}

/** Generations one after another on each of `streams` streams, until the time is over. @returns how many */
export async function keepBusy(client: RuntimeClient, streams: number, durationMs: number): Promise<number> {
  const untilMs = performance.now() + durationMs;
  let generations = 0;
  const worker = async (name: number): Promise<void> => {
    while (performance.now() < untilMs) {
      await runGeneration(client, `Stream ${name}, story ${generations}: once upon a time`, 32);
      generations += 1;
    }
  };
  await Promise.all(Array.from({ length: streams }, (_, name) => worker(name)));
  return generations;
}
