import type { ErrorCode } from "./generation-error.js";
import type { FinishReason } from "./run-end.js";
import type { GenerationState } from "./generation-report.js";
import type { Lane } from "./generation-request.js";

/** How a generation ended: its finish reason, or its error's code. */
export type GenerationOutcome = FinishReason | ErrorCode;

/** The load of one generation that has not ended. */
export interface GenerationLoad {
  readonly generationId: string;
  readonly tenant: string;
  readonly requestId: string | undefined;
  readonly lane: Lane;
  readonly state: GenerationState;
  /** 0 while preparing. */
  readonly inputTokens: number;
  readonly decodedTokens: number;
  readonly deliveredTokens: number;
  /** The time since the call was opened. */
  readonly ageMs: number;
  /** The time since the generation entered its present state. */
  readonly inStateMs: number;
}

/** Counters since the process started. */
export interface LoadTotals {
  readonly acceptedGenerations: number;
  /** The calls that were refused before `accepted`, by reason. */
  readonly refused: ReadonlyMap<ErrorCode, number>;
  /** The accepted generations that ended, by outcome. */
  readonly ended: ReadonlyMap<GenerationOutcome, number>;
  readonly inputTokens: number;
  readonly reusedInputTokens: number;
  readonly decodedTokens: number;
  readonly deliveredTokens: number;
  /** The draft tokens that were verified. */
  readonly draftTokens: number;
  /** The draft tokens that were accepted, and are therefore among the decoded tokens. */
  readonly acceptedDraftTokens: number;
  /** The number of times a slot was taken from a run whose reader was behind. */
  readonly preemptions: number;
  /** The tokens that returning runs prefilled again. */
  readonly reprefilledTokens: number;
}

/** How a wait in the queue compared with the estimate that the caller was told when it joined. */
export const WAIT_VERDICTS = ["shorter", "within", "longer"] as const;
export type WaitVerdict = (typeof WAIT_VERDICTS)[number];

/** The upper bounds of the classes in which the errors of estimates are counted. */
export const WAIT_ERROR_BOUNDS_MS: readonly number[] = [
  -10_000,
  -3_000,
  -1_000,
  -300,
  -100,
  -30,
  30,
  100,
  300,
  1_000,
  3_000,
  10_000,
  Infinity,
];

/** How good the estimates were of all waits that ended with a slot since the process started. */
export interface WaitEstimates {
  readonly verdicts: Readonly<Record<WaitVerdict, number>>;
  /** The number of errors in each class of WAIT_ERROR_BOUNDS_MS. An error is the wait minus the middle of its estimate. */
  readonly errors: readonly number[];
  readonly errorSumMs: number;
}

/** A snapshot of the whole server, for GetLoad, WatchLoad and /metrics alike. */
export interface LoadSnapshot {
  readonly lifecycle: Lifecycle;
  readonly slots: { readonly total: number; readonly busy: number };
  readonly queues: Readonly<Record<Lane, { readonly waiting: number; readonly capacity: number }>>;
  readonly parked: number;
  /** The generations without a slot until their readers have caught up. */
  readonly preempted: number;
  readonly kvTokens: { readonly used: number; readonly capacity: number };
  /** The wait of a call that came now; 0 if a slot is free. */
  readonly estimatedWait: { readonly lowMs: number; readonly highMs: number };
  readonly waitEstimates: WaitEstimates;
  readonly totals: LoadTotals;
  readonly generations: readonly GenerationLoad[];
}

/**
 * The state of the whole server: starting → serving → draining → stopped. A signal that comes early leads from starting to draining. Each of the first three
 * states may lead to failed. Health and readiness follow this state and nothing else.
 */
export type Lifecycle = "starting" | "serving" | "draining" | "stopped" | "failed";
