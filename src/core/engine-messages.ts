import type { OutputGrammar } from "./constraint.js";
import type { Credit } from "./credit.js";
import type { OutputOptions, RepetitionGuard, Sampling } from "./generation-request.js";
import type { EngineFacts } from "./model-facts.js";
import type { OutputFormat } from "./output-format.js";
import type { Piece } from "./piece.js";
import type { RunEnd } from "./run-end.js";

/**
 * All that crosses the wall between the scheduler (main thread) and the engine host (inference worker): plain data that survives a structured
 * clone, so the host can as well run in a child process.
 */

/** One admitted generation, as the engine needs to know it. */
export interface RunSpec {
  /** Chosen by the scheduler, never used twice in a process. */
  readonly runId: number;
  /** The whole prompt, at least one token; with the output it fits the context. */
  readonly inputTokens: Uint32Array;
  readonly sampling: Sampling;
  readonly stopping: RunStopping;
  readonly output: RunOutput;
  /** Default: the output is text, all of it. */
  readonly format?: OutputFormat | undefined;
  /** Default: the output is held to nothing. */
  readonly grammar?: OutputGrammar | undefined;
  /** Tokens of reasoning after which the engine puts its end; at least 1. Default: as many as the model likes. */
  readonly reasoningBudgetTokens?: number | undefined;
  /** True: what its sequence holds at the end is likely to be asked for again, as a conversation's next turn asks for it. Default false. */
  readonly comesBack?: boolean;
}

/** What pieces carry beside text and token ids. */
export type RunOutput = Pick<OutputOptions, "logprobs" | "tokenBytes">;

/** The caller's stopping rules with every default and bound resolved. */
export interface RunStopping {
  readonly maxOutputTokens: number;
  /** True: the context set the maximum, so reaching it is `context_length`, not `max_tokens`. */
  readonly clampedByContext: boolean;
  readonly stopSequences: readonly string[];
  readonly stopTokenIds: readonly number[];
  readonly ignoreEndOfGeneration: boolean;
  readonly repetitionGuard: RepetitionGuard | undefined;
  readonly timeLimitMs: number;
}

/**
 * immediate: end now, drop the rest. soft: end at the next token with a proper last event. end_reasoning: end the thinking at the next token and go on to
 * the answer; nothing where it does not think.
 */
export type CancelMode = "immediate" | "soft" | "end_reasoning";

/** Main thread → inference worker, several in one message. A command for a run that has ended is ignored: its end is already on the way back. */
export type EngineCommand =
  | { readonly type: "start"; readonly run: RunSpec; readonly credit: Credit }
  | { readonly type: "credit"; readonly runId: number; readonly credit: Credit }
  | { readonly type: "cancel"; readonly runId: number; readonly mode: CancelMode }
  /** The run gives its sequence up after the present step, and is told as preempted; it keeps all it has made. */
  | { readonly type: "preempt"; readonly runId: number }
  /** A preempted run has a slot again: gets a sequence, reads in again what that lacks, and goes on. */
  | { readonly type: "resume"; readonly runId: number }
  /**
   * Answers every notice of runs that ended or were preempted. The runs that take over their slots were sent before it. The next step waits a moment for it.
   */
  | { readonly type: "slots_handed_over" }
  /** Answered at once, also in the middle of a step. */
  | { readonly type: "ping"; readonly pingId: number }
  /** Ends every run as cancelled, frees the model, answers `closed`. */
  | { readonly type: "close" };

/** How far a run's prompt has been read in. done counts reused tokens too and ends at total. */
export interface PrefillProgress {
  readonly doneTokens: number;
  readonly totalTokens: number;
  readonly reusedTokens: number;
}

/** Where a run is inside the engine. parked: no credit, not pulled until some comes. preempted: without a sequence until it is resumed. */
type RunStage = "prefilling" | "running" | "parked" | "preempted" | "ended";

/** What one step meant for one run. */
export interface RunUpdate {
  readonly runId: number;
  readonly stage: RunStage;
  /** Only while the input is read in for the first time. */
  readonly prefill: PrefillProgress | undefined;
  readonly pieces: readonly Piece[];
  /** Output tokens decoded so far, those whose text is held back included. */
  readonly decodedTokens: number;
  /** Tokens that are still to be read in before it decodes (on); of a preempted run those whose state was not kept. */
  readonly prefillTokensLeft: number;
  /** Tokens that were read in again after preemptions, so far. */
  readonly reprefilledTokens: number;
  /** Defined when the stage is `ended`. */
  readonly end: RunEnd | undefined;
}

/** Inference worker → main thread. */
export type EngineNotice =
  /** The first notice of a worker that can run. */
  | { readonly type: "ready"; readonly facts: EngineFacts }
  /** The first and last notice of a worker that cannot. `message` names what could not be had and what to change. */
  | { readonly type: "unusable"; readonly message: string }
  /** One for each step, carrying all its runs. */
  | {
      readonly type: "step";
      readonly updates: readonly RunUpdate[];
      /** How long the engine was at it, or has been so far where the news came in the middle of a step; 0 between two steps. */
      readonly stepMs: number;
      /** Draft tokens that were tried ahead in the step. */
      readonly draftTokens: number;
      /** Those of them that were right. */
      readonly acceptedDraftTokens: number;
      /** Tokens held in all sequences after the step. */
      readonly kvTokens: number;
    }
  /** `stepNumber` counts the engine's steps: the one in progress, undefined between two steps. */
  | { readonly type: "pong"; readonly pingId: number; readonly stepNumber: number | undefined }
  /** Fewer threads compute than the `most` there are cores for, or more of them again; `cores`: what the machine gave before. */
  | { readonly type: "threads"; readonly threads: number; readonly most: number; readonly cores: number }
  /** The engine failed run after run and in a check of its own too: it can serve no more, and closes. `message` says what was seen. */
  | { readonly type: "broken"; readonly message: string }
  | { readonly type: "closed" };
