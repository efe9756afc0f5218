import type { GenerationRequest } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { RunningTurns } from "../../sessions/running-turns.js";
import type { Clock } from "../../sync/clock.js";
import type { Backend } from "../call/backend.js";
import type { CallHandle } from "../call/call-handle.js";
import type { CompleteRequest } from "../call/complete-request.js";
import type { CompletedResult, GenerationOpening } from "./completed-result.js";
import type { KeyedGenerations } from "./keyed-generations.js";

/** The parts that all generations of a server share, whatever protocol their calls come by. */
export interface GenerationHost {
  /** The generations that a repeat of their call may find. */
  readonly keyed: KeyedGenerations;
  /** The generations that are turns of sessions. */
  readonly turns: RunningTurns;
  /** Reads the turn records of releases that stored messages of rill.v1. */
  readonly readOldRecord: OldRecordReader;
  readonly limits: Limits;
  readonly clock: Clock;
}

/**
 * Reads a turn's record that has no version. The record lacks the answer's text, which is the turn's own.
 * @throws Error where it is not such a record
 */
export type OldRecordReader = (record: unknown, answer: string) => CompletedResult;

/** One call that asks for a generation, as its protocol hands it in. */
export interface RequestedCall extends GenerationHost {
  readonly request: GenerationRequest;
  readonly backend: Backend;
  readonly handle: CallHandle;
  /** True: its reader gets a stream, and the effective parameters include the delivery. False: it gets one answer. */
  readonly streams: boolean;
}

/** A call with every default of its request filled in. */
export interface GenerationCall extends RequestedCall {
  readonly request: CompleteRequest;
}

/** The opening as this call's reader gets it: with its own delivery. */
export function forReader<Opening extends GenerationOpening>(opening: Opening, call: GenerationCall): Opening {
  if (!call.streams) return opening;
  const { accepted } = opening;
  const parameters = { ...accepted.parameters, delivery: call.request.delivery };
  return { ...opening, accepted: { ...accepted, parameters } };
}
