import { RuntimeClient, type StreamMessage } from "../support/runtime-client.js";
import { Arrivals } from "./arrivals.js";
import type { Driver, Observation, Work } from "./driver.js";

/** Rill over GenerateStream, at host:port, by one connection of @grpc/grpc-js for all streams. */
export function createRillDriver(address: string): Driver & Disposable {
  const client = new RuntimeClient(address);
  return {
    name: "rill",
    generate: (work) => generate(client, work),
    [Symbol.dispose]: () => {
      client[Symbol.dispose]();
    },
  };
}

async function generate(client: RuntimeClient, work: Work): Promise<Observation> {
  const arrivals = new Arrivals();
  const stream = client.generateStream({
    prompt: work.prompt,
    sampling: { temperature: 0 },
    stopping: { max_output_tokens: work.outputTokens, ignore_end_of_generation: true },
  });
  for await (const message of stream as AsyncIterable<StreamMessage>) {
    if (message.event === "chunk") arrivals.note(message.chunk?.token_count ?? 0);
  }
  return arrivals.observation(work.outputTokens);
}
