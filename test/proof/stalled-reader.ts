import { decodeStreamMessage, encodeRequest, type StreamMessage } from "../support/runtime-client.js";
import { type RawEnd, RawHttp2Reader } from "../support/raw-http2-reader.js";

export interface StalledReaderOptions {
  /** host:port */
  readonly address: string;
  readonly outputTokens: number;
  /** undefined: the server's own rules. */
  readonly slowReaderLimitSeconds: number | undefined;
  /** Default: one that all share. */
  readonly prompt?: string;
  /** It trickles: stands still for so long for each token that it has read. Default: it stands still until it is told to go on. */
  readonly tokenMs?: number;
}

/**
 * A client with a window of 1 KiB that reads the start of a long generation and then stands still, until it is told to go on. Keeps counts, not messages.
 */
export class StalledReader implements AsyncDisposable {
  generationId = "";
  /** Σ token_count of the chunks read. */
  tokens = 0;
  finishReason = "";
  restarts = 0;
  /** What was wrong with the stream: a gap in the numbering, or counts that disagree. */
  readonly flaws: string[] = [];
  readonly #tokenMs: number | undefined;
  #raw: RawHttp2Reader | undefined;
  #sequence = 0;
  #firstChunk = (): void => undefined;

  private constructor(tokenMs: number | undefined) {
    this.#tokenMs = tokenMs;
  }

  /** Resolves once the first chunk has been read and reading has stopped; of one that trickles, once the call is open. */
  static async open(options: StalledReaderOptions): Promise<StalledReader> {
    const reader = new StalledReader(options.tokenMs);
    const request = encodeRequest("rill.v1.GenerationService/GenerateStream", {
      prompt: options.prompt ?? "A long and slow story about the sea:",
      sampling: { temperature: 0 },
      stopping: { max_output_tokens: options.outputTokens, ignore_end_of_generation: true },
      ...(options.slowReaderLimitSeconds !== undefined && {
        delivery: { slow_reader_limit: { seconds: options.slowReaderLimitSeconds } },
      }),
    });
    const reading = new Promise<void>((resolve) => (reader.#firstChunk = resolve));
    const raw = await RawHttp2Reader.open({
      address: options.address,
      method: "rill.v1.GenerationService/GenerateStream",
      request,
      windowBytes: 1024,
      onMessage: (bytes) => reader.#read(decodeStreamMessage(bytes)),
    });
    reader.#raw = raw;
    if (options.tokenMs !== undefined) return reader;
    await Promise.race([reading, raw.ended]);
    raw.pause();
    return reader;
  }

  /** How the stream ends, for one that trickles. */
  get ended(): Promise<RawEnd> {
    return this.#held().ended;
  }

  /** Reads on to the end of the stream. */
  async readOn(): Promise<RawEnd> {
    this.#held().resume();
    return await this.#held().ended;
  }

  cancel(): void {
    this.#held().cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held()[Symbol.asyncDispose]();
  }

  #read(message: StreamMessage): void {
    this.#sequence += 1;
    if (message.sequence !== this.#sequence) {
      this.flaws.push(`message ${message.sequence} came as number ${this.#sequence}`);
    }
    if (message.event === "accepted") this.generationId = message.accepted?.generation_id ?? "";
    if (message.event === "chunk" && message.chunk !== undefined) {
      this.tokens += message.chunk.token_count;
      if (message.chunk.output_tokens !== this.tokens) {
        this.flaws.push(`${message.chunk.output_tokens} output tokens, ${this.tokens} received`);
      }
      this.#firstChunk();
      if (this.#tokenMs !== undefined) this.#standStill(message.chunk.token_count * this.#tokenMs);
    }
    if (message.event === "completed" && message.completed !== undefined) {
      this.finishReason = message.completed.finish_reason;
      this.restarts = message.completed.restarts;
    }
  }

  #standStill(ms: number): void {
    const raw = this.#held();
    raw.pause();
    setTimeout(() => raw.resume(), ms);
  }

  #held(): RawHttp2Reader {
    if (this.#raw === undefined) throw new Error("the reader is not open yet");
    return this.#raw;
  }
}
