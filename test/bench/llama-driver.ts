import { Arrivals } from "./arrivals.js";
import type { Driver, Observation, Work } from "./driver.js";

interface CompletionEvent {
  readonly content: string;
  readonly tokens?: readonly number[];
  readonly stop: boolean;
}

/** llama-server over its own /completion with server-sent events, at `baseUrl` such as http://127.0.0.1:8080. */
export function createLlamaDriver(baseUrl: string): Driver {
  return { name: "llama-server", generate: (work) => generate(baseUrl, work) };
}

async function generate(baseUrl: string, work: Work): Promise<Observation> {
  const arrivals = new Arrivals();
  const response = await fetch(`${baseUrl}/completion`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      prompt: work.prompt,
      n_predict: work.outputTokens,
      temperature: 0,
      ignore_eos: true,
      cache_prompt: false,
      stream: true,
      return_tokens: true,
    }),
  });
  if (!response.ok || response.body === null) throw new Error(`llama-server answered ${String(response.status)}`);
  const decoder = new TextDecoder();
  let unread = "";
  for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
    unread += decoder.decode(bytes, { stream: true });
    const lines = unread.split("\n");
    unread = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: ")) continue;
      const event = JSON.parse(line.slice("data: ".length)) as CompletionEvent;
      const tokens = event.tokens?.length ?? 0;
      if (!event.stop && tokens > 0) arrivals.note(tokens);
    }
  }
  return arrivals.observation(work.outputTokens);
}
