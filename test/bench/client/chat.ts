import { RuntimeClient, type StreamMessage } from "../../support/runtime-client.js";
import { llamaAgent, postJson, serverSentEvents } from "./llama-http.js";

/** What was seen of one turn. */
export interface ChatTurn {
  /** From the call to the first text. */
  readonly firstTokenMs: number;
  readonly inputTokens: number;
  readonly reusedTokens: number;
  readonly outputTokens: number;
}

/** One conversation with a server. */
export interface Chat extends Disposable {
  /** @returns what came of it, once it is whole */
  say(text: string, maxOutputTokens: number): Promise<ChatTurn>;
}

/** A stored session: only what is new is sent. */
export class RillChat implements Chat {
  readonly #client: RuntimeClient;
  readonly #sessionId: string;

  private constructor(client: RuntimeClient, sessionId: string) {
    this.#client = client;
    this.#sessionId = sessionId;
  }

  static async open(address: string): Promise<RillChat> {
    const client = new RuntimeClient(address);
    const answer = await client.unary("rill.v1.SessionService/CreateSession", {});
    return new RillChat(client, (answer as { session: { session_id: string } }).session.session_id);
  }

  async say(content: string, maxOutputTokens: number): Promise<ChatTurn> {
    const startedAtMs = performance.now();
    const stream = this.#client.generateStream({
      turn: { session_id: this.#sessionId, messages: [{ role: "ROLE_USER", content }] },
      sampling: { temperature: 0 },
      stopping: { max_output_tokens: maxOutputTokens },
    });
    let firstTokenMs: number | undefined;
    let completed: StreamMessage["completed"];
    for await (const message of stream as AsyncIterable<StreamMessage>) {
      if (message.event === "chunk") firstTokenMs ??= performance.now() - startedAtMs;
      if (message.event === "completed") completed = message.completed;
    }
    if (completed === undefined || firstTokenMs === undefined) throw new Error("a turn ended without an answer");
    const { input_tokens, reused_input_tokens, output_tokens } = completed.usage;
    return {
      firstTokenMs,
      inputTokens: input_tokens,
      reusedTokens: reused_input_tokens,
      outputTokens: output_tokens,
    };
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

/** Of a server-sent event of /v1/chat/completions; only what is read. */
interface ChatEvent {
  readonly choices: readonly { readonly delta: { readonly content?: string | null } }[];
  readonly timings?: { readonly cache_n: number; readonly prompt_n: number; readonly predicted_n: number };
}

/** llama-server over /v1/chat/completions: the whole conversation is sent each time, and its prompt cache finds what it has. */
export class LlamaChat implements Chat {
  readonly #agent = llamaAgent();
  readonly #url: string;
  readonly #messages: { role: "user" | "assistant"; content: string }[] = [];

  constructor(baseUrl: string) {
    this.#url = `${baseUrl}/v1/chat/completions`;
  }

  async say(content: string, maxOutputTokens: number): Promise<ChatTurn> {
    this.#messages.push({ role: "user", content });
    const startedAtMs = performance.now();
    const body = { messages: this.#messages, max_tokens: maxOutputTokens, temperature: 0, stream: true };
    const response = await postJson({ url: this.#url, agent: this.#agent }, body);
    let firstTokenMs: number | undefined;
    let answer = "";
    let timings: ChatEvent["timings"];
    for await (const text of serverSentEvents(response)) {
      if (text === "[DONE]") continue;
      const event = JSON.parse(text) as ChatEvent;
      const delta = event.choices[0]?.delta.content ?? "";
      if (delta !== "") firstTokenMs ??= performance.now() - startedAtMs;
      answer += delta;
      timings = event.timings ?? timings;
    }
    if (firstTokenMs === undefined || timings === undefined) throw new Error("llama-server made no answer");
    this.#messages.push({ role: "assistant", content: answer });
    const { cache_n, prompt_n, predicted_n } = timings;
    return { firstTokenMs, inputTokens: cache_n + prompt_n, reusedTokens: cache_n, outputTokens: predicted_n };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
