import type { PrefillProgress, RunStopping } from "./engine-messages.js";
import type { Delivery, Lane, Sampling } from "./generation-request.js";
import type { Channel, Piece, ScoredToken } from "./piece.js";
import type { Timings, Usage } from "./generation-report.js";
import type { FinishReason, StopMatch } from "./run-end.js";
import type { GenerationError } from "./generation-error.js";
import type { UnheldKeyword } from "./output-format.js";

/** One message to the reader of a generation. A protocol turns its event into a message of its own. */
export interface GenerationMessage {
  /** 1, 2, 3 … within what this reader gets. */
  readonly sequence: number;
  readonly event: ReaderEvent;
  /** Says that the reader's window has taken the message, even if its call has ended meanwhile. Later calls change nothing. */
  taken(): void;
}

/**
 * One thing that the reader of a generation is told. The order is accepted, context_trimmed, queued, prefill, output, completed: accepted and completed
 * come once, the others as often as there is something to tell, and heartbeats anywhere between. If the generation fails, its reader gets a
 * GenerationError in the place of completed.
 */
export type ReaderEvent =
  | AcceptedEvent
  | ContextTrimmedEvent
  | QueuedEvent
  | { readonly type: "prefill"; readonly progress: PrefillProgress }
  /** Nothing else was to be told for the reader's heartbeat interval. parked: the run waits for its reader. */
  | { readonly type: "heartbeat"; readonly parked: boolean }
  | OutputEvent
  | CompletedEvent;

/** The generation has a slot or a place in the queue. */
export interface AcceptedEvent {
  readonly type: "accepted";
  readonly generationId: string;
  readonly inputTokens: number;
  readonly parameters: EffectiveParameters;
  /** SHA-256 of the model's file, lower-case hex. */
  readonly modelDigest: string;
  readonly seed: number;
  /** Where the turn is stored; undefined: the generation is no turn of a session. */
  readonly turn: TurnPlace | undefined;
  /** The keywords of schemas that the grammar does not hold. Default: none. */
  readonly notHeld?: readonly UnheldKeyword[] | undefined;
}

/** The parameters that a generation runs with: every default is filled in and every bound applied. */
export interface EffectiveParameters {
  readonly sampling: Sampling;
  readonly stopping: Omit<RunStopping, "clampedByContext">;
  readonly lane: Lane;
  /** undefined in results that older releases stored, which had no priority. */
  readonly priority?: number;
  /** undefined: the caller set no bound. */
  readonly maxWaitMs: number | undefined;
  /** Each reader has its own; undefined: this reader gets one answer instead of a stream. */
  readonly delivery: Delivery | undefined;
}

/** Where a turn is stored. */
interface TurnPlace {
  readonly sessionId: string;
  readonly number: number;
  /** The session's revision since the turn's messages were stored. */
  readonly revision: number;
}

/** The model does not see the oldest turns of the session. */
export interface ContextTrimmedEvent {
  readonly type: "context_trimmed";
  readonly droppedTurns: number;
  readonly keptTurns: number;
}

/** A part of the output: text of one channel, or a part of one tool call. */
export type OutputEvent = TextEvent | ToolCallEvent;

export interface TextEvent extends TokenFacts {
  readonly type: "text";
  readonly channel: Channel;
  readonly text: string;
}

export interface ToolCallEvent extends TokenFacts {
  readonly type: "tool_call";
  /** 0, 1, 2 … within the output. */
  readonly index: number;
  /** Only in the first part of a call. */
  readonly head: { readonly id: string; readonly name: string } | undefined;
  /** The next characters of the arguments, which are JSON text. */
  readonly arguments: string;
}

/** The tokens that a part of the output came from. The lists are empty unless the caller asked for them. */
export interface TokenFacts {
  readonly tokenCount: number;
  /** All output tokens up to the end of this part. */
  readonly outputTokens: number;
  readonly tokenIds: readonly number[];
  readonly scores: readonly OutputScore[];
  readonly tokenBytes: readonly Uint8Array[];
  /** Since the call was opened; undefined: the caller did not ask for it. */
  readonly elapsedMs: number | undefined;
  /** undefined: the caller did not ask for it. */
  readonly usage: Usage | undefined;
}

/** How likely one output token was, beside the most likely ones. */
export interface OutputScore extends Omit<ScoredToken, "tokenBytes"> {
  /** The most likely first. */
  readonly top: readonly ScoredToken[];
}

/** The generation has come to its proper end, and what it made is stored wherever it is to be. */
export interface CompletedEvent extends Omit<FinishedEvent, "type"> {
  readonly type: "completed";
  /** The digest of the answer's text in UTF-8. */
  readonly textSha256: Uint8Array;
  /** The session's revision since the answer was stored; undefined: the generation is no turn of a session. */
  readonly sessionRevision: number | undefined;
}

/**
 * A generation's message to its one reader. The order is queued*, prefill*, pieces*, finished. Only the newest `queued` and the newest `prefill` wait for the
 * reader, and all waiting pieces come in one event. If the generation fails, the read throws a GenerationError.
 */
export type GenerationEvent =
  | QueuedEvent
  | { readonly type: "prefill"; readonly progress: PrefillProgress }
  | { readonly type: "pieces"; readonly pieces: readonly Piece[] }
  | FinishedEvent;

/** A generation waits in the queue, or has moved up in it. */
export interface QueuedEvent extends QueuePosition {
  readonly type: "queued";
}

/**
 * A generation's position in its lane's queue, and the wait that is left. The wait is estimated from the work ahead and the engine's pace. Both ends
 * are 0 until a step was measured.
 */
export interface QueuePosition {
  /** 1 is next. */
  readonly position: number;
  readonly waitLowMs: number;
  readonly waitHighMs: number;
}

/** A generation has come to its proper end. */
export interface FinishedEvent {
  readonly type: "finished";
  readonly reason: FinishReason;
  readonly stopMatch: StopMatch | undefined;
  readonly incompleteText: boolean;
  readonly usage: Usage;
  readonly timings: Timings;
  /** How often the generation gave its slot up and returned. */
  readonly restarts: number;
}

/** Sees a generation's output and end as they come, however far behind the reader is. Its methods are called synchronously and must not throw. */
export interface GenerationWatcher {
  wrote(pieces: readonly Piece[]): void;
  /** Called once, when nothing runs for the generation any more. */
  ended(end: WatchedEnd): void;
}

/** A generation's end as its watcher learns it at that moment. Pieces that the reader takes afterwards are not counted as delivered. */
export type WatchedEnd =
  FinishedEvent | { readonly type: "failed"; readonly error: GenerationError; readonly usage: Usage };
