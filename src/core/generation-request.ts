import type { Message, ToolUse } from "./conversation.js";

/** The input of the chat template beside the messages. */
export interface ChatOptions {
  readonly tools?: ToolUse | undefined;
  /** The JSON text of an object whose members are variables of the template. */
  readonly templateArguments?: string | undefined;
}

/** The caller's choice about reasoning. */
export interface Reasoning {
  /** undefined leaves the choice to the template. */
  readonly enabled: boolean | undefined;
  /** The most reasoning tokens, at least 1. undefined means that reasoning is unbounded. */
  readonly tokenBudget: number | undefined;
}

/** The complete input of a generation. */
export type GenerationInput =
  | { readonly type: "prompt"; readonly text: string; readonly parseControlTokens: boolean }
  | ({ readonly type: "chat"; readonly messages: readonly Message[] } & ChatOptions)
  | { readonly type: "token_ids"; readonly tokenIds: readonly number[] };

/** The treatment of a conversation that no longer fits into the context. */
export type ContextPolicy = "refuse" | "drop_oldest_turns";

/** The next turn of a stored session. */
export interface TurnInput extends ChatOptions {
  readonly type: "turn";
  readonly sessionId: string;
  /** undefined accepts any revision. */
  readonly expectedRevision: number | undefined;
  /** The new messages. A turn that continues has none. */
  readonly messages: readonly Message[];
  /** Whether the model continues the last turn's partial answer. */
  readonly continues: boolean;
  readonly waitsIfBusy: boolean;
  readonly contextPolicy: ContextPolicy;
}

/** The sampling parameters of a run, including the defaults. */
export interface Sampling {
  /** From 0 to 5. 0 means greedy sampling. */
  readonly temperature: number;
  /** From 0 to the size of the vocabulary. 0 turns it off. */
  readonly topK: number;
  /** Above 0 and at most 1. 1 turns it off. */
  readonly topP: number;
  /** From 0 to 1. 0 turns it off. */
  readonly minP: number;
  /** Above 0 and at most 2, for tokens of input and output. 1 turns it off. */
  readonly repeatPenalty: number;
  /** From -2 to 2, for tokens of the output. 0 turns it off. */
  readonly presencePenalty: number;
  /** From -2 to 2, for tokens of the output. 0 turns it off. */
  readonly frequencyPenalty: number;
  /** The number of last tokens that the three penalties consider. */
  readonly penaltyWindow: number;
  readonly dry: Dry | undefined;
  readonly xtc: Xtc | undefined;
  /** The biases, at most one for each token. */
  readonly logitBias: readonly LogitBias[];
  /** An unsigned number of 32 bits. The server chooses it at random if the caller gives none. */
  readonly seed: number;
}

/** A penalty on tokens that would lengthen a repetition. The contract gives the formula. */
export interface Dry {
  /** From 0 to 10. 0 turns the penalty off. */
  readonly multiplier: number;
  /** From 1 to 10. */
  readonly base: number;
  /** The longest repetition without a penalty, at least 1. */
  readonly allowedLength: number;
  /** The number of last tokens that the penalty considers. 0 turns it off. */
  readonly window: number;
  readonly sequenceBreakers: readonly string[];
}

/** Excludes the most likely tokens at random steps. */
interface Xtc {
  /** From 0 to 1. 0 turns it off. */
  readonly probability: number;
  /** From 0 to 0.5. */
  readonly threshold: number;
}

/** Values as a caller gives them. The server fills in each undefined one. */
export type Given<Words> = { readonly [Name in keyof Words]?: Words[Name] | undefined };

export interface RequestedSampling extends Given<Omit<Sampling, "dry" | "xtc" | "logitBias">> {
  readonly dry?: Given<Dry> | undefined;
  readonly xtc?: Given<Xtc> | undefined;
  readonly logitBias?: readonly RequestedBias[] | undefined;
}

/** Sampling parameters with every default, whose biases may still name texts instead of tokens. */
export interface UnresolvedSampling extends Omit<Sampling, "logitBias"> {
  readonly logitBias: readonly RequestedBias[];
}

/** The condition under which an output counts as repeating itself: its last tokens are one cycle, repeated. */
export interface RepetitionGuard {
  /** The longest cycle that counts, at least 1. */
  readonly maxPeriodTokens: number;
  /** The least number of rounds, including the first. It is at least 2. */
  readonly minRepeats: number;
  /** The least number of tokens in all rounds together. */
  readonly minTokens: number;
}

/** The conditions for the end of a run, including the defaults. */
export interface Stopping {
  /** At least 1. undefined stands for the smaller of the server's default and the room in the context. */
  readonly maxOutputTokens: number | undefined;
  /** The texts that end the output. A match and everything after it are left out. */
  readonly stopSequences: readonly string[];
  readonly stopTokenIds: readonly number[];
  /** Whether the model's end-of-turn tokens count as output instead of ending the run. */
  readonly ignoreEndOfGeneration: boolean;
  readonly repetitionGuard: RepetitionGuard | undefined;
  /** The time since the run's start, including parked time. */
  readonly timeLimitMs: number;
}

export interface RequestedStopping extends Given<Omit<Stopping, "repetitionGuard">> {
  readonly repetitionGuard?: Given<RepetitionGuard> | undefined;
}

/** The fields that each chunk and the end carry besides text. */
export interface OutputOptions {
  readonly tokenIds: boolean;
  readonly timings: boolean;
  readonly usageOnEveryChunk: boolean;
  /** The number of most likely tokens that are scored beside each output token. undefined means that no token is scored. */
  readonly logprobs: number | undefined;
  readonly tokenBytes: boolean;
}

/** The pace of the stream for its reader. */
export interface Delivery {
  /** 0 turns heartbeats off. */
  readonly heartbeatIntervalMs: number;
  /** The caller's limit for a stalled write. undefined stands for the server's two rules, stall and trickle. */
  readonly slowReaderLimitMs: number | undefined;
  /** The longest time that a chunk waits for more pieces. */
  readonly maxChunkDelayMs: number;
}

/** The key under which a call can safely be repeated. */
export interface RequestedIdempotency {
  readonly key: string;
  /** The request's digest by the rule of releases that stored digests without a version. A request of another protocol has none. */
  readonly legacyDigest?: string | undefined;
}

/** The form that the caller asks of the answer. */
export type RequestedConstraint =
  /** The JSON text of a schema. */
  | { readonly type: "json_schema"; readonly schema: string }
  | { readonly type: "json_object" }
  | { readonly type: "choices"; readonly choices: readonly string[] }
  /** A grammar in llama.cpp's own language, if the operator allows it. */
  | { readonly type: "gbnf"; readonly grammar: string }
  /** A regular expression of ECMA-262 for the whole answer. */
  | { readonly type: "regex"; readonly pattern: string };

/** The calls that share cached prompt state: those of the tenant, the private ones of the session or the subject, or no others. */
export type RequestedCache = "tenant" | "private" | "none";

/** One valid call as its caller gave it. A protocol parses its request into it. It is frozen and lives on the main thread. */
export interface GenerationRequest {
  readonly requestId: string | undefined;
  readonly idempotency: RequestedIdempotency | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly input: GenerationInput | TurnInput;
  readonly sampling: RequestedSampling;
  readonly stopping: RequestedStopping;
  readonly reasoning?: Reasoning | undefined;
  /** undefined means that the output is free. */
  readonly constraint?: RequestedConstraint | undefined;
  /** Whether a schema that the grammar cannot hold in every keyword is refused. The default is false. */
  readonly strictSchema?: boolean | undefined;
  readonly output: Given<OutputOptions>;
  /** The other calls with which the call shares cached prompt state. The default is tenant. */
  readonly cache?: RequestedCache | undefined;
  /** undefined stands for interactive if the call is a stream, and for batch if it has one response. */
  readonly lane: Lane | undefined;
  /** From 0 to MAX_PRIORITY. The tenant's call with the highest is first in its lane. undefined stands for 0. */
  readonly priority?: number | undefined;
  /** The longest time in the queue. 0 accepts only a slot that is free at once, and undefined means that the caller sets no bound. */
  readonly maxWaitMs: number | undefined;
  readonly delivery: Given<Delivery>;
}

/** A token with this bias is never sampled. */
export const NEVER_BIAS = -100;
export const MAX_BIAS = 100;

/** A number that is added to one token's logit before sampling. */
export interface LogitBias {
  readonly tokenId: number;
  /** From NEVER_BIAS to MAX_BIAS. */
  readonly bias: number;
}

/** A bias whose token is given by id or by a text. The text must be exactly one token, which the vocabulary decides. */
export type RequestedBias = LogitBias | { readonly text: string; readonly bias: number };

export const MAX_PRIORITY = 100;

/** The two classes of callers, which share the slots by weight. Streams default to interactive, and unary calls to batch. */
export const LANES = ["interactive", "batch"] as const;

export type Lane = (typeof LANES)[number];
