import type { Credit, Piece } from "./piece.js";
import type { OutputOptions, RepetitionGuard, Sampling } from "./generation-request.js";
import type { EngineFacts } from "./model-facts.js";
import type { OutputFormat, OutputGrammar } from "./output-format.js";
import type { RunEnd } from "./run-end.js";

/**
 * The messages between the scheduler (main thread) and the engine host (inference worker). They are plain data that survives a structured clone, so that
 * the host can also run in a child process.
 */

/** The run of one admitted generation, as the engine sees it. */
export interface RunSpec {
  /** The scheduler chooses the id, and never uses one twice in a process. */
  readonly runId: number;
  /** The tenant of the caller. Grammars that were compiled for one tenant are compiled again for another. */
  readonly tenant: string;
  /** Runs of equal scopes reuse each other's cached state. undefined: the run reuses nobody's, and leaves its own to nobody. */
  readonly cacheScope: string | undefined;
  /** The whole prompt. It has at least one token, and fits the context together with the output. */
  readonly inputTokens: Uint32Array;
  readonly sampling: Sampling;
  readonly stopping: RunStopping;
  readonly output: RunOutput;
  /** Default: the whole output is text. */
  readonly format?: OutputFormat | undefined;
  /** Default: the output is unconstrained. */
  readonly grammar?: OutputGrammar | undefined;
  /** The number of reasoning tokens after which the engine ends the reasoning, at least 1. Default: unlimited. */
  readonly reasoningBudgetTokens?: number | undefined;
  /** True if a later run will probably reuse what the sequence holds at the end, as the next turn of a conversation does. Default: false. */
  readonly comesBack?: boolean;
}

/** The optional contents of pieces beside text and token ids. */
export type RunOutput = Pick<OutputOptions, "logprobs" | "tokenBytes">;

/** The caller's stopping rules, with every default and bound resolved. */
export interface RunStopping {
  readonly maxOutputTokens: number;
  /** True if the context set the maximum, so that reaching it is `context_length` and not `max_tokens`. */
  readonly clampedByContext: boolean;
  readonly stopSequences: readonly string[];
  readonly stopTokenIds: readonly number[];
  readonly ignoreEndOfGeneration: boolean;
  readonly repetitionGuard: RepetitionGuard | undefined;
  readonly timeLimitMs: number;
}

/**
 * `immediate` ends the run now and drops the rest. `soft` ends it at the next token with a proper last event. `end_reasoning` ends the reasoning at the
 * next token and lets the run go on to the answer; it does nothing while the run does not reason.
 */
export type CancelMode = "immediate" | "soft" | "end_reasoning";

/** Main thread → inference worker, several in one message. A command for a run that has ended is ignored, because its end is already on the way back. */
export type EngineCommand =
  | { readonly type: "start"; readonly run: RunSpec; readonly credit: Credit }
  | { readonly type: "credit"; readonly runId: number; readonly credit: Credit }
  | { readonly type: "cancel"; readonly runId: number; readonly mode: CancelMode }
  /** The run gives its sequence up after the present step, and its next update says so. It keeps everything that it has generated. */
  | { readonly type: "preempt"; readonly runId: number }
  /** A preempted run has a slot again. It gets a sequence, prefills again what the sequence lacks, and goes on. */
  | { readonly type: "resume"; readonly runId: number }
  /**
   * Answers every notice of runs that ended or were preempted. The runs that take over their slots were sent before it. The next step waits a moment for it.
   */
  | { readonly type: "slots_handed_over" }
  /** The engine answers at once, also in the middle of a step. */
  | { readonly type: "ping"; readonly pingId: number }
  /** The engine ends every run as cancelled, frees the model and answers `closed`. */
  | { readonly type: "close" };

/** The progress of a run's prefill. doneTokens includes reused tokens and ends at totalTokens. */
export interface PrefillProgress {
  readonly doneTokens: number;
  readonly totalTokens: number;
  readonly reusedTokens: number;
}

/** Where a run is inside the engine. A parked run has no credit and is not pulled until some comes. A preempted run has no sequence until it is resumed. */
type RunStage = "prefilling" | "running" | "parked" | "preempted" | "ended";

/** The part of a step that concerns one run. */
export interface RunUpdate {
  readonly runId: number;
  readonly stage: RunStage;
  /** Defined only while the input is prefilled for the first time. */
  readonly prefill: PrefillProgress | undefined;
  readonly pieces: readonly Piece[];
  /** The output tokens decoded so far, including those whose text is held back. */
  readonly decodedTokens: number;
  /** The tokens to be prefilled before the run decodes again. For a preempted run, those whose state was not kept. */
  readonly prefillTokensLeft: number;
  /** The tokens that were prefilled again after preemptions, so far. */
  readonly reprefilledTokens: number;
  /** Defined if the stage is `ended`. */
  readonly end: RunEnd | undefined;
}

/** Inference worker → main thread. */
export type EngineNotice =
  /** The first notice of a worker that can run. */
  | { readonly type: "ready"; readonly facts: EngineFacts }
  /** The first and last notice of a worker that cannot run. `message` names the cause and what to change. */
  | { readonly type: "unusable"; readonly message: string }
  /** One notice for each step, with the updates of all its runs. */
  | {
      readonly type: "step";
      readonly updates: readonly RunUpdate[];
      /** How long the step took, or has taken so far if the notice comes in the middle of the step; 0 between two steps. */
      readonly stepMs: number;
      /** The draft tokens that the step verified. */
      readonly draftTokens: number;
      /** The draft tokens that were accepted. */
      readonly acceptedDraftTokens: number;
      /** The tokens in all sequences after the step. */
      readonly kvTokens: number;
    }
  /** `stepNumber` is the number of the step in progress; undefined between two steps. */
  | { readonly type: "pong"; readonly pingId: number; readonly stepNumber: number | undefined }
  /** The number of computing threads has changed, up to `most`, for which there are cores. `cores` is the number of cores that the machine gave before. */
  | { readonly type: "threads"; readonly threads: number; readonly most: number; readonly cores: number }
  /** The engine failed in run after run and in its own check, and closes because it can serve no more. `message` describes the failures. */
  | { readonly type: "broken"; readonly message: string }
  | { readonly type: "closed" };
