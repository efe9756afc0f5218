import type { Accepted } from "../../../generated/rill/v1/generation_event.js";
import type { GenerationRequest } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { RunningTurns } from "../../sessions/running-turns.js";
import type { Clock } from "../../sync/clock.js";
import type { CallContext } from "../../grpc/call/call-context.js";
import { toDeliveryMessage } from "../response/effective-parameters-message.js";
import type { Backend } from "../../generation/backend.js";
import type { KeyedGenerations } from "./keyed-generations.js";
import type { Opening } from "./opening.js";

/** One call's generation and all it needs. */
export interface GenerationCall {
  readonly request: GenerationRequest;
  readonly backend: Backend;
  /** The generations that a repeat of their call may find. */
  readonly keyed: KeyedGenerations;
  /** Those that are turns of sessions. */
  readonly turns: RunningTurns;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly context: CallContext;
  /** True for GenerateStream: its effective parameters include the delivery. */
  readonly streams: boolean;
}

/** With the delivery, which is the reader's own. */
export function forReader(opening: Opening, { request, streams }: GenerationCall): Opening {
  const { effectiveParameters } = opening.accepted;
  if (!streams || effectiveParameters === undefined) return opening;
  const accepted: Accepted = {
    ...opening.accepted,
    effectiveParameters: { ...effectiveParameters, delivery: toDeliveryMessage(request.delivery) },
  };
  return { ...opening, accepted };
}
