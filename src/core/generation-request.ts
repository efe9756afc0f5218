import type { RequestedConstraint } from "./constraint.js";
import type { Message } from "./conversation.js";
import type { ToolUse } from "./tool.js";

/** What goes into the chat template beside messages. */
export interface ChatOptions {
  /** undefined: none. */
  readonly tools?: ToolUse | undefined;
  /** JSON text of an object, each member a variable of the template. undefined: none. */
  readonly templateArguments?: string | undefined;
}

/** How a model that thinks aloud does so. */
export interface Reasoning {
  /** undefined: as the template has it where nobody says. */
  readonly enabled: boolean | undefined;
  /** At least 1; then the thinking is ended. undefined: as long as it takes. */
  readonly tokenBudget: number | undefined;
}

/** What the model reads, all of it. */
export type GenerationInput =
  | { readonly type: "prompt"; readonly text: string; readonly parseControlTokens: boolean }
  | ({ readonly type: "chat"; readonly messages: readonly Message[] } & ChatOptions)
  | { readonly type: "token_ids"; readonly tokenIds: readonly number[] };

/** What becomes of a conversation that has outgrown the context. */
export type ContextPolicy = "refuse" | "drop_oldest_turns";

/** The next turn of a stored session. */
export interface TurnInput extends ChatOptions {
  readonly type: "turn";
  readonly sessionId: string;
  /** undefined: whichever it is. */
  readonly expectedRevision: number | undefined;
  /** None where it continues. */
  readonly messages: readonly Message[];
  /** True: it goes on inside the last turn's partial answer. */
  readonly continues: boolean;
  readonly waitsIfBusy: boolean;
  readonly contextPolicy: ContextPolicy;
}

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
  /** Above 0, up to 2, on tokens of input and output; 1 is off. */
  readonly repeatPenalty: number;
  /** -2 to 2, on tokens of the output; 0 is off. */
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** How far the three look back. */
  readonly penaltyWindow: number;
  /** undefined: off. */
  readonly dry: Dry | undefined;
  readonly xtc: Xtc | undefined;
  /** Each token at most once. */
  readonly logitBias: readonly LogitBias[];
  /** 32 bits, unsigned. Chosen at random by the server where the caller gave none. */
  readonly seed: number;
}

/** A penalty on tokens that would lengthen a repeat; the contract has the formula. */
export interface Dry {
  /** 0 to 10; 0 is off. */
  readonly multiplier: number;
  /** 1 to 10. */
  readonly base: number;
  /** At least 1. */
  readonly allowedLength: number;
  /** How far it looks back; 0 is off. */
  readonly window: number;
  readonly sequenceBreakers: readonly string[];
}

/** Leaves the most likely tokens out, now and then. */
interface Xtc {
  /** 0 to 1; 0 is off. */
  readonly probability: number;
  /** 0 to 0.5. */
  readonly threshold: number;
}

/** Core words as a caller gives them: it leaves to the server whatever is undefined. */
export type Given<Words> = { readonly [Name in keyof Words]?: Words[Name] | undefined };

export interface RequestedSampling extends Given<Omit<Sampling, "dry" | "xtc" | "logitBias">> {
  readonly dry?: Given<Dry> | undefined;
  readonly xtc?: Given<Xtc> | undefined;
  readonly logitBias?: readonly RequestedBias[] | undefined;
}

/** Sampling with every default filled in, before the vocabulary was asked which tokens its biases mean. */
export interface UnresolvedSampling extends Omit<Sampling, "logitBias"> {
  readonly logitBias: readonly RequestedBias[];
}

/** When an output counts as going round in circles: its last tokens are a cycle, over and over. */
export interface RepetitionGuard {
  /** The longest cycle looked for. At least 1. */
  readonly maxPeriodTokens: number;
  /** How many times the cycle must have come, the first included. At least 2. */
  readonly minRepeats: number;
  /** All of them together are at least so many tokens. */
  readonly minTokens: number;
}

/** When the run ends, defaults filled in. */
export interface Stopping {
  /** At least 1; undefined: the server's default, or what the context leaves, whichever is smaller. */
  readonly maxOutputTokens: number | undefined;
  /** Withheld from the text, as is all after them. */
  readonly stopSequences: readonly string[];
  readonly stopTokenIds: readonly number[];
  /** True: the model's end-of-turn tokens are counted and do not end the run. */
  readonly ignoreEndOfGeneration: boolean;
  /** undefined: off. */
  readonly repetitionGuard: RepetitionGuard | undefined;
  /** From the run's start, parked time included. */
  readonly timeLimitMs: number;
}

export interface RequestedStopping extends Given<Omit<Stopping, "repetitionGuard">> {
  readonly repetitionGuard?: Given<RepetitionGuard> | undefined;
}

/** The facts that each chunk and the end carry beside text. */
export interface OutputOptions {
  readonly tokenIds: boolean;
  readonly timings: boolean;
  readonly usageOnEveryChunk: boolean;
  /** How many most likely tokens are scored beside each output token; undefined: nothing is scored. */
  readonly logprobs: number | undefined;
  readonly tokenBytes: boolean;
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

/** The key that makes a call safe to repeat. */
export interface RequestedIdempotency {
  readonly key: string;
  /** The request's digest by the rule of releases that stored digests without a version. Default: the request is none of their protocol. */
  readonly legacyDigest?: string | undefined;
}

/** One call as its caller gave it, valid. A protocol parses its request into it. Frozen; lives on the main thread. */
export interface GenerationRequest {
  readonly requestId: string | undefined;
  readonly idempotency: RequestedIdempotency | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly input: GenerationInput | TurnInput;
  readonly sampling: RequestedSampling;
  readonly stopping: RequestedStopping;
  readonly reasoning?: Reasoning | undefined;
  /** undefined: any text will do. */
  readonly constraint?: RequestedConstraint | undefined;
  readonly output: Given<OutputOptions>;
  /** undefined: interactive for a stream, batch for one answer. */
  readonly lane: Lane | undefined;
  /** The longest time in the queue; 0: only a slot that is free at once; undefined: the caller sets no bound. */
  readonly maxWaitMs: number | undefined;
  readonly delivery: Given<Delivery>;
}

/** With this bias a token is never drawn. */
export const NEVER_BIAS = -100;
export const MAX_BIAS = 100;

/** Added to one token's logit before it is drawn. */
export interface LogitBias {
  readonly tokenId: number;
  /** NEVER_BIAS to MAX_BIAS. */
  readonly bias: number;
}

/** As a caller names it: by id, or by a text that is to be exactly one token, which only the vocabulary can tell. */
export type RequestedBias = LogitBias | { readonly text: string; readonly bias: number };

/** The two classes of callers between which slots are shared by weight. Streams default to interactive, unary calls to batch. */
export const LANES = ["interactive", "batch"] as const;

export type Lane = (typeof LANES)[number];
