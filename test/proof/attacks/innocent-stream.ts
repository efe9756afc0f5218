import type { ClientReadableStream } from "@grpc/grpc-js";
import type { RuntimeClient, StreamMessage } from "../../support/runtime-client.js";
import { percentile } from "../../support/percentile.js";

/** More than any proof takes. */
const OUTPUT_TOKENS = 3_000_000;
const PROMPT = "ab";

export interface StreamView {
  readonly medianMs: number;
  readonly worstGapMs: number;
  readonly chunks: number;
  /** What was wrong with the stream, from its beginning. */
  readonly flaws: readonly string[];
}

/** A stream that is read as it comes, whose engine says its prompt again and again; sees each gap, and each letter that is missing. */
export class InnocentStream implements Disposable {
  readonly #stream: ClientReadableStream<StreamMessage>;
  readonly #flaws = new Set<string>();
  #gapsMs: number[] = [];
  #lastMs: number | undefined;
  #sequence = 0;
  #tokens = 0;
  #textLength = 0;
  #cancelled = false;

  constructor(client: RuntimeClient) {
    this.#stream = client.generateStream({
      prompt: PROMPT,
      stopping: { max_output_tokens: OUTPUT_TOKENS, ignore_end_of_generation: true },
    });
    this.#stream.on("data", (message: StreamMessage) => this.#take(message));
    this.#stream.on("error", (error) => this.#end(`it failed: ${error.message}`));
    this.#stream.on("end", () => this.#end("it ended"));
  }

  /** From now on gaps count. */
  begin(): void {
    this.#gapsMs = [];
    this.#lastMs = performance.now();
  }

  end(): StreamView {
    const nowMs = performance.now();
    const chunks = this.#gapsMs.length;
    // The gap that is going on counts too.
    const gapsMs = [...this.#gapsMs, nowMs - (this.#lastMs ?? nowMs)];
    const medianMs = percentile(chunks === 0 ? gapsMs : this.#gapsMs, 0.5);
    return { medianMs, worstGapMs: Math.max(...gapsMs), chunks, flaws: [...this.#flaws] };
  }

  [Symbol.dispose](): void {
    this.#cancelled = true;
    this.#stream.cancel();
  }

  #take({ sequence, event, chunk }: StreamMessage): void {
    this.#sequence += 1;
    if (sequence !== this.#sequence) this.#flaws.add(`message ${sequence} came as number ${this.#sequence}`);
    if (event !== "chunk" || chunk === undefined) return;
    const nowMs = performance.now();
    if (this.#lastMs !== undefined) this.#gapsMs.push(nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.#tokens += chunk.token_count;
    if (chunk.output_tokens !== this.#tokens) {
      this.#flaws.add(`${chunk.output_tokens} tokens are said, ${this.#tokens} came`);
    }
    for (const letter of chunk.text) {
      if (letter !== PROMPT[this.#textLength % PROMPT.length]) this.#flaws.add(`"${letter}" is out of its place`);
      this.#textLength += 1;
    }
  }

  #end(flaw: string): void {
    if (!this.#cancelled) this.#flaws.add(flaw);
  }
}
