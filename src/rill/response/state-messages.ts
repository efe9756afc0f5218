import {
  FinishReason as FinishReasonMessage,
  type StopMatch as StopMatchMessage,
} from "../../../generated/rill/v1/finish.js";
import { GenerationState as GenerationStateMessage } from "../../../generated/rill/v1/generation_state.js";
import { LifecycleState as LifecycleMessage } from "../../../generated/rill/v1/load.js";
import { Lane as LaneMessage } from "../../../generated/rill/v1/scheduling.js";
import type { FinishReason, StopMatch } from "../../core/run-end.js";
import type { GenerationState } from "../../core/generation-report.js";
import type { Lane } from "../../core/generation-request.js";
import type { Lifecycle } from "../../core/load-snapshot.js";

const FINISH_REASONS: Readonly<Record<FinishReason, FinishReasonMessage>> = {
  end_of_turn: FinishReasonMessage.END_OF_TURN,
  stop_sequence: FinishReasonMessage.STOP_SEQUENCE,
  stop_token: FinishReasonMessage.STOP_TOKEN,
  max_tokens: FinishReasonMessage.MAX_TOKENS,
  context_length: FinishReasonMessage.CONTEXT_LENGTH,
  time_limit: FinishReasonMessage.TIME_LIMIT,
  tool_calls: FinishReasonMessage.TOOL_CALLS,
  constraint_complete: FinishReasonMessage.CONSTRAINT_COMPLETE,
  repetition: FinishReasonMessage.REPETITION,
  cancelled_softly: FinishReasonMessage.CANCELLED_SOFTLY,
};

const GENERATION_STATES: Readonly<Record<GenerationState, GenerationStateMessage>> = {
  preparing: GenerationStateMessage.PREPARING,
  waiting: GenerationStateMessage.WAITING,
  prefilling: GenerationStateMessage.PREFILLING,
  running: GenerationStateMessage.RUNNING,
  parked: GenerationStateMessage.PARKED,
  preempted: GenerationStateMessage.PREEMPTED,
  ended: GenerationStateMessage.ENDED,
};

const LIFECYCLES: Readonly<Record<Lifecycle, LifecycleMessage>> = {
  starting: LifecycleMessage.STARTING,
  serving: LifecycleMessage.SERVING,
  draining: LifecycleMessage.DRAINING,
  stopped: LifecycleMessage.STOPPED,
  failed: LifecycleMessage.FAILED,
};

/** Converts the states and reasons of core to the enums of the contract. The compiler keeps each table complete. */
export function toFinishReasonMessage(reason: FinishReason): FinishReasonMessage {
  return FINISH_REASONS[reason];
}

export function toStopMatchMessage(match: StopMatch | undefined): StopMatchMessage | undefined {
  switch (match?.type) {
    case undefined:
      return undefined;
    case "sequence":
      return { match: { $case: "stopSequence", value: match.text } };
    case "token":
      return { match: { $case: "stopTokenId", value: match.tokenId } };
  }
}

export function toGenerationStateMessage(state: GenerationState): GenerationStateMessage {
  return GENERATION_STATES[state];
}

export function toLifecycleMessage(lifecycle: Lifecycle): LifecycleMessage {
  return LIFECYCLES[lifecycle];
}

export function toLaneMessage(lane: Lane): LaneMessage {
  return lane === "interactive" ? LaneMessage.INTERACTIVE : LaneMessage.BATCH;
}
