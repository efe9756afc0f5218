import type { Message } from "./conversation.js";
import type { Lane } from "./lane.js";

/** What the model reads. Exactly one of the three kinds. */
export type GenerationInput =
  | { readonly type: "prompt"; readonly text: string; readonly parseControlTokens: boolean }
  | { readonly type: "chat"; readonly messages: readonly Message[] }
  | { readonly type: "token_ids"; readonly tokenIds: readonly number[] };

/** How the next token is chosen, defaults filled in. */
export interface Sampling {
  /** 0 to 5; 0 is greedy. */
  readonly temperature: number;
  /** 0 to vocabulary size; 0 is off. */
  readonly topK: number;
  /** Above 0, up to 1; 1 is off. */
  readonly topP: number;
  /** 0 to 1; 0 is off. */
  readonly minP: number;
  /** 32 bits, unsigned. Chosen at random by the server where the caller gave none. */
  readonly seed: number;
}

/** When the run ends, as the caller asked for it. */
export interface Stopping {
  /** At least 1; undefined: the server's default, or what the context leaves, whichever is smaller. */
  readonly maxOutputTokens: number | undefined;
  /** Withheld from the text, as is all after them. */
  readonly stopSequences: readonly string[];
  readonly stopTokenIds: readonly number[];
  /** True: the model's end-of-turn tokens are counted and do not end the run. */
  readonly ignoreEndOfGeneration: boolean;
  /** From the run's start, parked time included. */
  readonly timeLimitMs: number;
}

/** What each chunk and the end carry besides text. */
export interface OutputOptions {
  readonly tokenIds: boolean;
  readonly timings: boolean;
  readonly usageOnEveryChunk: boolean;
}

/** How the stream is paced for its reader. */
export interface Delivery {
  /** 0: no heartbeats. */
  readonly heartbeatIntervalMs: number;
  /** The caller's own limit for a stalled write; undefined: the server's two rules (stall and trickle). */
  readonly slowReaderLimitMs: number | undefined;
  /** How long a chunk may wait for more pieces to join it. */
  readonly maxChunkDelayMs: number;
}

/** What makes a call safe to repeat. */
export interface Idempotency {
  readonly key: string;
  /** Of all that the request says, but for its names. Equal digests: equal requests. */
  readonly bodyDigest: string;
}

/** One call, valid and complete: what rpc/ parses a protobuf request into. Frozen; lives on the main thread. */
export interface GenerationRequest {
  readonly requestId: string | undefined;
  readonly idempotency: Idempotency | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly input: GenerationInput;
  readonly sampling: Sampling;
  readonly stopping: Stopping;
  readonly output: OutputOptions;
  readonly lane: Lane;
  /** The longest time in line; 0: only a slot that is free at once; undefined: no bound of the caller's. */
  readonly maxWaitMs: number | undefined;
  readonly delivery: Delivery;
}
