import type { Caller, CallOrigin } from "../../core/calls.js";
import type { GenerationError } from "../../core/generation-error.js";
import type { GenerationRequest } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { RunningTurns } from "../../sessions/running-turns.js";
import type { Clock } from "../../sync/clock.js";
import type { Backend } from "../call/backend.js";
import type { SharedPrefixes } from "../call/cache-scope.js";
import type { CompleteRequest } from "../call/complete-request.js";
import type { KeyedGenerations } from "./keyed-generations.js";
import type { CompletedResult } from "./reading.js";

/** The call that asks for a generation, whatever protocol it came by. A protocol hands it in; grpc's CallContext is one. */
export interface CallHandle {
  readonly caller: Caller;
  /** Aborts with a GenerationError when the call has to end. */
  readonly signal: AbortSignal;
  /** When the call's deadline passes, by the server's clock; undefined: it has none. */
  readonly deadlineMs: number | undefined;
  /** For the log. */
  readonly origin: CallOrigin;
  /** Aborts the signal for this reason, which the call then ends with. Does nothing once the call has ended. */
  abort(reason: GenerationError): void;
  /** Tells the call which generation it reads, however it ends. */
  nameGeneration(generationId: string): void;
  /** The generation was accepted: from now on the call is not refused any more. */
  accepted(): void;
  /** The request was read in, and nothing holds its bytes any more. */
  releaseRequest(): void;
}

/** The parts that all generations of a server share, whatever protocol their calls come by. */
export interface GenerationHost {
  /** The generations that a repeat of their call may find. */
  readonly keyed: KeyedGenerations;
  /** The generations that are turns of sessions. */
  readonly turns: RunningTurns;
  /** Reads the turn records of releases that stored messages of rill.v1. */
  readonly readOldRecord: OldRecordReader;
  readonly sharedPrefixes: SharedPrefixes;
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
