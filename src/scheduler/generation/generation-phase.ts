import type { GenerationError } from "../../core/generation-error.js";
import type { GenerationEnd, GenerationState } from "../../core/generation-report.js";
import type { RunOutcome } from "../../core/run-end.js";

/** The end of a run that was not aborted. */
export type RunFinish = Extract<RunOutcome, { type: "finished" }>;

/** The engine's stage of a run that holds a slot. */
type RunningState = "prefilling" | "running" | "parked";

/** Where a run was when it was aborted. */
type LeavingState = RunningState | "preempted";

/** Where a generation is, with the data that belongs to that phase alone. */
export type GenerationPhase =
  | { readonly type: "preparing" }
  /** Waits in the queue. Disposing `entry` leaves it. */
  | { readonly type: "waiting"; readonly entry: Disposable }
  /** Holds a slot. */
  | { readonly type: "active"; readonly runId: number; readonly state: RunningState }
  /** Has given its slot up while its reader is behind, and waits in the queue for another once `entry` is defined. Disposing `entry` leaves it. */
  | { readonly type: "preempted"; readonly runId: number; readonly entry: Disposable | undefined }
  /** Is aborted, and its reader knows. The slot is held until the engine says that the run has ended. */
  | { readonly type: "leaving"; readonly runId: number; readonly state: LeavingState; readonly error: GenerationError }
  /** The run is over and the slot free. The reader has yet to take the rest. */
  | { readonly type: "delivering"; readonly finish: RunFinish }
  | { readonly type: "finished"; readonly finish: RunFinish }
  | { readonly type: "failed"; readonly error: GenerationError };

/** An event that moves a generation from phase to phase. */
export type PhaseEvent =
  | { readonly type: "queued"; readonly entry: Disposable }
  | { readonly type: "started"; readonly runId: number }
  | { readonly type: "stepped"; readonly state: RunningState }
  /** The engine has taken the run's sequence back. */
  | { readonly type: "preempted" }
  /** The run came to its end, or never has to begin. */
  | { readonly type: "finished"; readonly finish: RunFinish }
  /** The reader has the end. */
  | { readonly type: "handed_out" }
  /** The generation must end. The engine may still hold its run. */
  | { readonly type: "aborted"; readonly error: GenerationError }
  /** The engine holds nothing of the run any more. `error` counts unless an abort came first. */
  | { readonly type: "run_lost"; readonly error: GenerationError };

/**
 * The one transition function. It returns the phase that follows, or `phase` itself if the event comes too late to matter, as a step or a cancel does
 * that crossed the end.
 * @throws Error if the event cannot happen in this phase.
 */
export function nextPhase(phase: GenerationPhase, event: PhaseEvent): GenerationPhase {
  switch (phase.type) {
    case "preparing":
      if (event.type === "queued") return { type: "waiting", entry: event.entry };
      return beforeTheRun(phase, event);
    case "waiting":
      return beforeTheRun(phase, event);
    case "active":
      return inTheRun(phase, event);
    case "preempted":
      return withoutSlot(phase, event);
    case "leaving":
      // However the run ended, its reader has been told the abort's error.
      if (event.type === "run_lost" || event.type === "finished") return { type: "failed", error: phase.error };
      if (event.type === "preempted") return { ...phase, state: "preempted" };
      if (event.type === "stepped" || event.type === "aborted") return phase;
      return impossible(phase, event);
    case "delivering":
      if (event.type === "handed_out") return { type: "finished", finish: phase.finish };
      if (event.type === "aborted") return { type: "failed", error: event.error };
      return impossible(phase, event);
    case "finished":
    case "failed":
      return event.type === "aborted" ? phase : impossible(phase, event);
  }
}

function beforeTheRun(phase: GenerationPhase, event: PhaseEvent): GenerationPhase {
  if (event.type === "started") return { type: "active", runId: event.runId, state: "prefilling" };
  if (event.type === "finished") return { type: "delivering", finish: event.finish };
  if (event.type === "aborted") return { type: "failed", error: event.error };
  return impossible(phase, event);
}

function inTheRun(phase: Extract<GenerationPhase, { type: "active" }>, event: PhaseEvent): GenerationPhase {
  switch (event.type) {
    case "stepped":
      return event.state === phase.state ? phase : { ...phase, state: event.state };
    case "finished":
      return { type: "delivering", finish: event.finish };
    case "preempted":
      return { type: "preempted", runId: phase.runId, entry: undefined };
    case "aborted":
      return { ...phase, type: "leaving", error: event.error };
    case "run_lost":
      return { type: "failed", error: event.error };
    case "queued":
    case "started":
    case "handed_out":
      return impossible(phase, event);
  }
}

function withoutSlot(phase: Extract<GenerationPhase, { type: "preempted" }>, event: PhaseEvent): GenerationPhase {
  switch (event.type) {
    case "queued":
      return { ...phase, entry: event.entry };
    case "started":
      return { type: "active", runId: phase.runId, state: "prefilling" };
    case "finished":
      return { type: "delivering", finish: event.finish };
    case "aborted":
      return { type: "leaving", runId: phase.runId, state: "preempted", error: event.error };
    case "run_lost":
      return { type: "failed", error: event.error };
    case "stepped":
    case "preempted":
    case "handed_out":
      return impossible(phase, event);
  }
}

function impossible(phase: GenerationPhase, event: PhaseEvent): never {
  throw new Error(`a generation that is ${phase.type} cannot be ${event.type}`);
}

/** The queue entry of a generation that waits in the queue. */
export function queueEntryOf(phase: GenerationPhase): Disposable | undefined {
  return phase.type === "waiting" || phase.type === "preempted" ? phase.entry : undefined;
}

/** The state that others see. A generation that is leaving still holds its slot, so it counts where it was. */
export function stateOf(phase: GenerationPhase): GenerationState {
  switch (phase.type) {
    case "preparing":
    case "waiting":
    case "preempted":
      return phase.type;
    case "active":
    case "leaving":
      return phase.state;
    case "delivering":
    case "finished":
    case "failed":
      return "ended";
  }
}

/** How a generation in this phase ended; undefined while anything of it is held. */
export function endOf(phase: GenerationPhase): GenerationEnd | undefined {
  if (phase.type === "finished") return { type: "finished", reason: phase.finish.reason };
  if (phase.type === "failed") return { type: "failed", code: phase.error.code, message: phase.error.message };
  return undefined;
}
