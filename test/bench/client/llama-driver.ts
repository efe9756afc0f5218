import { once } from "node:events";
import { Agent, type IncomingMessage, request as openRequest } from "node:http";
import type { Driver, Ending, Work } from "./driver.js";

/** Of a server-sent event of /completion; only what is read. `tokens_predicted` counts from the start of the output. */
interface CompletionEvent {
  readonly content: string;
  readonly stop: boolean;
  readonly tokens_predicted: number;
  readonly tokens_evaluated: number;
}

/** The server closes a connection that is idle for 5 s: one that is about to be closed must not be taken for a call. */
const MOST_IDLE_MS = 2_000;
const EVENT_START = "data: ";

/**
 * llama-server over its own /completion with server-sent events, at a URL such as http://127.0.0.1:8080. Connections are kept alive, as many as
 * there are calls; node:http and not fetch, whose web streams would cost the client more than the gRPC side pays.
 */
export function createLlamaDriver(baseUrl: string): Driver {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256, timeout: MOST_IDLE_MS });
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
  const body = JSON.stringify({
    prompt: work.prompt,
    n_predict: work.outputTokens,
    temperature: 0,
    ignore_eos: true,
    cache_prompt: work.mayReuse === true,
    stream: true,
  });
  const response = await post(body, { url, agent });
  response.setEncoding("utf8");
  if (response.statusCode !== 200) throw new Error(`llama-server answered ${response.statusCode}`);
  let seenTokens = 0;
  let last: CompletionEvent | undefined;
  for await (const event of completionEvents(response)) {
    last = event;
    const tokens = event.tokens_predicted - seenTokens;
    seenTokens = event.tokens_predicted;
    if (tokens > 0) onTokens(tokens);
  }
  if (last?.stop !== true) throw new Error("llama-server ended a stream without its last event");
  return { inputTokens: last.tokens_evaluated };
}

/** Once more where the server has just closed the connection that was kept: then it has read nothing. */
async function post(body: string, target: Pick<Call, "url" | "agent">): Promise<IncomingMessage> {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const request = openRequest(target.url, { method: "POST", agent: target.agent, headers });
  request.end(body);
  try {
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return response;
  } catch (error) {
    if (!request.reusedSocket || (error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
    return await post(body, target);
  }
}

async function* completionEvents(response: IncomingMessage): AsyncGenerator<CompletionEvent> {
  let unread = "";
  for await (const text of response as AsyncIterable<string>) {
    const lines = (unread + text).split("\n");
    unread = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith(EVENT_START)) yield JSON.parse(line.slice(EVENT_START.length)) as CompletionEvent;
    }
  }
}
