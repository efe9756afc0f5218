import { type DurationMessage, RuntimeClient, type StreamMessage } from "../../support/runtime-client.js";
import type { Driver, Ending, Work } from "./driver.js";

/** Two prompts may begin with the same few words by chance. */
const MOST_REUSED_TOKENS = 8;

/** Rill over GenerateStream, at host:port, by one connection of @grpc/grpc-js for all streams. */
export function createRillDriver(address: string): Driver {
  const client = new RuntimeClient(address);
  return {
    generate: (work, onTokens) => generate({ client, work, onTokens }),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

interface Call {
  readonly client: RuntimeClient;
  readonly work: Work;
  readonly onTokens: (tokens: number) => void;
}

async function generate({ client, work, onTokens }: Call): Promise<Ending> {
  const stream = client.generateStream({
    prompt: work.prompt,
    sampling: { temperature: 0 },
    ...(work.logprobs === undefined ? {} : { output: { logprobs: work.logprobs } }),
    ...(work.schema === undefined ? {} : { json_schema: work.schema }),
    stopping: { max_output_tokens: work.outputTokens, ignore_end_of_generation: work.schema === undefined },
  });
  let completed: StreamMessage["completed"];
  for await (const message of stream as AsyncIterable<StreamMessage>) {
    if (message.event === "chunk") onTokens(message.chunk?.token_count ?? 0);
    if (message.event === "completed") completed = message.completed;
  }
  if (completed === undefined) throw new Error("a generation ended without `completed`");
  const { usage, timings } = completed;
  if (work.mayReuse !== true && usage.reused_input_tokens > MOST_REUSED_TOKENS) {
    throw new Error(`rill reused ${usage.reused_input_tokens} tokens of a prompt that was to be read in`);
  }
  return {
    inputTokens: usage.input_tokens,
    served: {
      prepareMs: toMs(timings.prepare),
      queueMs: toMs(timings.queue),
      totalMs: toMs(timings.total),
    },
  };
}

function toMs({ seconds, nanos }: DurationMessage): number {
  return seconds * 1_000 + nanos / 1e6;
}
