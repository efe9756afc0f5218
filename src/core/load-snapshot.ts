import type { ErrorCode } from "./generation-error.js";
import type { FinishReason } from "./finish-reason.js";
import type { GenerationState } from "./generation-report.js";
import type { Lane } from "./generation-request.js";

/** How one generation ended: its finish reason, or the error code of its status. */
export type GenerationOutcome = FinishReason | ErrorCode;

/** One generation that has not ended. */
export interface GenerationLoad {
  readonly generationId: string;
  readonly requestId: string | undefined;
  readonly lane: Lane;
  readonly state: GenerationState;
  /** 0 while preparing. */
  readonly inputTokens: number;
  readonly decodedTokens: number;
  readonly deliveredTokens: number;
  /** Since the call was opened. */
  readonly ageMs: number;
  /** Since it entered its present state. */
  readonly inStateMs: number;
}

/** Counters since the process started. */
export interface LoadTotals {
  readonly acceptedGenerations: number;
  /** Calls refused before `accepted`, by reason. */
  readonly refused: ReadonlyMap<ErrorCode, number>;
  /** Accepted generations that ended, by outcome. */
  readonly ended: ReadonlyMap<GenerationOutcome, number>;
  readonly inputTokens: number;
  readonly reusedInputTokens: number;
  readonly decodedTokens: number;
  readonly deliveredTokens: number;
  /** Tried ahead of the token that was due. */
  readonly draftTokens: number;
  /** Those of them that were right, and so decoded. */
  readonly acceptedDraftTokens: number;
  /** Slots that were taken from runs whose readers were behind. */
  readonly preemptions: number;
  /** Tokens read in again by runs that came back. */
  readonly reprefilledTokens: number;
}

/** How a wait in line compared to the estimate that the caller was told on joining. */
export const WAIT_VERDICTS = ["shorter", "within", "longer"] as const;
export type WaitVerdict = (typeof WAIT_VERDICTS)[number];

/** Upper bounds of the classes in which errors of estimates are counted, in ms. */
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

/** How good the estimates of waits were since the process started, of all waits that ended with a slot. */
export interface WaitEstimates {
  readonly verdicts: Readonly<Record<WaitVerdict, number>>;
  /** The wait minus the middle of its estimate: how many fell in each class of WAIT_ERROR_BOUNDS_MS. */
  readonly errors: readonly number[];
  readonly errorSumMs: number;
}

/** One look at the whole server, for GetLoad, WatchLoad and /metrics alike. */
export interface LoadSnapshot {
  readonly lifecycle: Lifecycle;
  readonly slots: { readonly total: number; readonly busy: number };
  readonly queues: Readonly<Record<Lane, { readonly waiting: number; readonly capacity: number }>>;
  readonly parked: number;
  /** Without a slot until their readers have caught up. */
  readonly preempted: number;
  readonly kvTokens: { readonly used: number; readonly capacity: number };
  /** What a call that came now would wait; 0 with a free slot. */
  readonly estimatedWait: { readonly lowMs: number; readonly highMs: number };
  readonly waitEstimates: WaitEstimates;
  readonly totals: LoadTotals;
  readonly generations: readonly GenerationLoad[];
}

/**
 * What the whole server is doing. Health and readiness follow this state and nothing else.
 * starting → serving → draining → stopped; starting → draining, where a signal comes that early; any of the first three → failed.
 */
export type Lifecycle = "starting" | "serving" | "draining" | "stopped" | "failed";
