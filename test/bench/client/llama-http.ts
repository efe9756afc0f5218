import { once } from "node:events";
import { Agent, type IncomingMessage, request as openRequest } from "node:http";

/** The server closes a connection that is idle for 5 s: one that is about to be closed must not be taken for a call. */
const MOST_IDLE_MS = 2_000;
const EVENT_START = "data: ";

/** Connections to a llama-server, kept alive, as many as there are calls. */
export function llamaAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256, timeout: MOST_IDLE_MS });
}

/**
 * Asks once more where the server has just closed the connection that was kept: then it has read nothing.
 * @throws Error where it does not answer with 200
 */
export async function postJson(target: { url: string; agent: Agent }, body: object): Promise<IncomingMessage> {
  const text = JSON.stringify(body);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  const request = openRequest(target.url, { method: "POST", agent: target.agent, headers });
  request.end(text);
  try {
    const [response] = (await once(request, "response")) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`llama-server answered ${response.statusCode}`);
    response.setEncoding("utf8");
    return response;
  } catch (error) {
    if (!request.reusedSocket || (error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
    return await postJson(target, body);
  }
}

/** What stands behind `data: ` in each server-sent event. */
export async function* serverSentEvents(response: IncomingMessage): AsyncGenerator<string, void, void> {
  let unread = "";
  for await (const text of response as AsyncIterable<string>) {
    const lines = (unread + text).split("\n");
    unread = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith(EVENT_START)) yield line.slice(EVENT_START.length);
  }
}
