import type { Agent } from "node:http";
import type { Driver, Ending, Work } from "./driver.js";
import { llamaAgent, postJson, serverSentEvents } from "./llama-http.js";

/** Of a server-sent event of /completion; only what is read. `tokens_predicted` counts from the start of the output. */
interface CompletionEvent {
  readonly content: string;
  readonly stop: boolean;
  readonly tokens_predicted: number;
  readonly tokens_evaluated: number;
}

/**
 * llama-server over its own /completion with server-sent events, at a URL such as http://127.0.0.1:8080. Connections are kept alive, as many as
 * there are calls; node:http and not fetch, whose web streams would cost the client more than the gRPC side pays.
 */
export function createLlamaDriver(baseUrl: string): Driver {
  const agent = llamaAgent();
  return {
    generate: (work, onTokens) => generate({ url: `${baseUrl}/completion`, agent, work, onTokens }),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

interface Call {
  readonly url: string;
  readonly agent: Agent;
  readonly work: Work;
  readonly onTokens: (tokens: number) => void;
}

async function generate({ url, agent, work, onTokens }: Call): Promise<Ending> {
  const response = await postJson(
    { url, agent },
    {
      prompt: work.prompt,
      n_predict: work.outputTokens,
      temperature: 0,
      ignore_eos: work.schema === undefined,
      ...(work.schema === undefined ? {} : { json_schema: JSON.parse(work.schema) as object }),
      cache_prompt: work.mayReuse === true,
      stream: true,
    },
  );
  let seenTokens = 0;
  let last: CompletionEvent | undefined;
  for await (const text of serverSentEvents(response)) {
    const event = JSON.parse(text) as CompletionEvent;
    last = event;
    const tokens = event.tokens_predicted - seenTokens;
    seenTokens = event.tokens_predicted;
    if (tokens > 0) onTokens(tokens);
  }
  if (last?.stop !== true) throw new Error("llama-server ended a stream without its last event");
  return { inputTokens: last.tokens_evaluated };
}
