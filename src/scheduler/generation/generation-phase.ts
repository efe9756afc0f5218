import type { GenerationError } from "../../core/generation-error.js";
import type { GenerationState } from "../../core/generation-report.js";
import type { RunOutcome } from "../../core/run-end.js";

/** How a run that was not aborted ended. */
export type RunFinish = Extract<RunOutcome, { type: "finished" }>;

/** What the engine does with a run that holds a slot. */
type RunningState = "prefilling" | "running" | "parked";

/** Where a run was when it was aborted. */
type LeavingState = RunningState | "preempted";

/** Where a generation is, with what belongs to that place alone. */
export type GenerationPhase =
  | { readonly type: "preparing" }
  /** In line; disposing `place` leaves it. */
  | { readonly type: "waiting"; readonly place: Disposable }
  /** Holds a slot. */
  | { readonly type: "active"; readonly runId: number; readonly state: RunningState }
  /** Has given its slot up while its reader is behind; in line for another once `place` is there. Disposing `place` leaves the line. */
  | { readonly type: "preempted"; readonly runId: number; readonly place: Disposable | undefined }
  /** Aborted, and the reader knows; what is held is held until the engine says that the run has ended. */
  | { readonly type: "leaving"; readonly runId: number; readonly state: LeavingState; readonly error: GenerationError }
  /** The run is over and the slot free; what is left is the reader's to take. */
  | { readonly type: "delivering"; readonly finish: RunFinish }
  | { readonly type: "finished"; readonly finish: RunFinish }
  | { readonly type: "failed"; readonly error: GenerationError };

/** What can happen to a generation. */
export type PhaseEvent =
  | { readonly type: "lined_up"; readonly place: Disposable }
  | { readonly type: "started"; readonly runId: number }
  | { readonly type: "stepped"; readonly state: RunningState }
  /** The engine has taken its sequence back. */
  | { readonly type: "preempted" }
  /** The run came to its end, or never has to begin. */
  | { readonly type: "finished"; readonly finish: RunFinish }
  /** The reader has the end. */
  | { readonly type: "handed_out" }
  /** It must end; the engine may still hold the run. */
  | { readonly type: "aborted"; readonly error: GenerationError }
  /** The engine holds nothing of it any more. `error` counts unless an abort came first. */
  | { readonly type: "run_lost"; readonly error: GenerationError };

/**
 * The one transition function: the phase that follows, or `phase` itself where the happening comes too late to matter (a step or a cancel that
 * crossed the end).
 * @throws Error on what cannot happen there.
 */
export function nextPhase(phase: GenerationPhase, happening: PhaseEvent): GenerationPhase {
  switch (phase.type) {
    case "preparing":
      if (happening.type === "lined_up") return { type: "waiting", place: happening.place };
      return beforeTheRun(phase, happening);
    case "waiting":
      return beforeTheRun(phase, happening);
    case "active":
      return inTheRun(phase, happening);
    case "preempted":
      return withoutSlot(phase, happening);
    case "leaving":
      // However the run ended, the reader has been told the abort's error.
      if (happening.type === "run_lost" || happening.type === "finished") return { type: "failed", error: phase.error };
      if (happening.type === "preempted") return { ...phase, state: "preempted" };
      if (happening.type === "stepped" || happening.type === "aborted") return phase;
      return impossible(phase, happening);
    case "delivering":
      if (happening.type === "handed_out") return { type: "finished", finish: phase.finish };
      if (happening.type === "aborted") return { type: "failed", error: happening.error };
      return impossible(phase, happening);
    case "finished":
    case "failed":
      return happening.type === "aborted" ? phase : impossible(phase, happening);
  }
}

function beforeTheRun(phase: GenerationPhase, happening: PhaseEvent): GenerationPhase {
  if (happening.type === "started") return { type: "active", runId: happening.runId, state: "prefilling" };
  if (happening.type === "finished") return { type: "delivering", finish: happening.finish };
  if (happening.type === "aborted") return { type: "failed", error: happening.error };
  return impossible(phase, happening);
}

function inTheRun(phase: Extract<GenerationPhase, { type: "active" }>, happening: PhaseEvent): GenerationPhase {
  switch (happening.type) {
    case "stepped":
      return happening.state === phase.state ? phase : { ...phase, state: happening.state };
    case "finished":
      return { type: "delivering", finish: happening.finish };
    case "preempted":
      return { type: "preempted", runId: phase.runId, place: undefined };
    case "aborted":
      return { ...phase, type: "leaving", error: happening.error };
    case "run_lost":
      return { type: "failed", error: happening.error };
    case "lined_up":
    case "started":
    case "handed_out":
      return impossible(phase, happening);
  }
}

function withoutSlot(phase: Extract<GenerationPhase, { type: "preempted" }>, happening: PhaseEvent): GenerationPhase {
  switch (happening.type) {
    case "lined_up":
      return { ...phase, place: happening.place };
    case "started":
      return { type: "active", runId: phase.runId, state: "prefilling" };
    case "finished":
      return { type: "delivering", finish: happening.finish };
    case "aborted":
      return { type: "leaving", runId: phase.runId, state: "preempted", error: happening.error };
    case "run_lost":
      return { type: "failed", error: happening.error };
    case "stepped":
    case "preempted":
    case "handed_out":
      return impossible(phase, happening);
  }
}

function impossible(phase: GenerationPhase, happening: PhaseEvent): never {
  throw new Error(`a generation that is ${phase.type} cannot be ${happening.type}`);
}

/** The place in line of a generation that is in one. */
export function placeOf(phase: GenerationPhase): Disposable | undefined {
  return phase.type === "waiting" || phase.type === "preempted" ? phase.place : undefined;
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
