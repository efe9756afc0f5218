import { GenerationError } from "../../core/generation-error.js";
import type {
  AcceptedEvent,
  CompletedEvent,
  ContextTrimmedEvent,
  GenerationMessage,
  OutputEvent,
  ReaderEvent,
} from "../../core/generation-message.js";
import type { Generation } from "../../scheduler/generation/generation.js";
import type { OutputMoment } from "../output/output-events.js";

/** The outcome of accepting a generation. A refusal is a GenerationError instead. */
export type Acceptance =
  | { readonly type: "accepted"; readonly opening: GenerationOpening }
  /** The session changed while its turn was being opened: the turn has to be opened again. */
  | { readonly type: "overtaken" };

/** A turn of a session whose end is being stored. */
export interface StoredTurn {
  /** The session's revision since the answer was stored. @throws GenerationError why it was not, or the signal's reason if it aborts first */
  stored(signal: AbortSignal): Promise<number>;
}

/** One call's hold on a generation, which belongs to this call alone or goes from reader to reader. Disposing it leaves. */
export interface Reading extends Disposable {
  readonly generation: Generation;
  /** undefined: the generation is no turn of a session. */
  readonly turn: StoredTurn | undefined;
  /** The call has read the end. The output is kept for repeats, as it is at this moment. */
  finished(completed: CompletedEvent, moment: OutputMoment): void;
  /** Leaves because the server ends the call for this reason. Disposing alone is a client's leaving. */
  leave(reason: GenerationError): void;
}

/** The reading of the call that has begun the generation. */
export interface FirstReading extends Reading {
  /** The generation's own: aborts when nobody can read the generation any more. */
  readonly signal: AbortSignal;
  /** Lets readers that take the generation over wait for its acceptance too. */
  shareAcceptance(acceptance: Promise<Acceptance>): void;
}

/** The reading of a generation that no other call can read. */
export class OwnReading implements FirstReading {
  readonly generation: Generation;
  readonly turn: StoredTurn | undefined;
  readonly signal: AbortSignal;

  /** @param signal the call's */
  constructor(generation: Generation, { turn, signal }: { turn: StoredTurn | undefined; signal: AbortSignal }) {
    this.generation = generation;
    this.turn = turn;
    this.signal = signal;
  }

  shareAcceptance(): void {
    // There is nobody to share it with.
  }

  finished(): void {
    // Nothing is kept for others.
  }

  leave(reason: GenerationError): void {
    this.generation.leave(reason);
  }

  [Symbol.dispose](): void {
    this.generation[Symbol.dispose]();
  }
}

/** The messages of one generation to one reader. Each is formed when it is asked for. */
export type GenerationMessages = AsyncIterable<GenerationMessage> | Iterable<GenerationMessage>;

/** A message that tells, once, when it was taken. */
export class ReaderMessage implements GenerationMessage {
  readonly sequence: number;
  readonly event: ReaderEvent;
  #onTaken: (() => void) | undefined;

  /** @param onTaken default: nobody needs to know */
  constructor(sequence: number, event: ReaderEvent, onTaken?: () => void) {
    this.sequence = sequence;
    this.event = event;
    this.#onTaken = onTaken;
  }

  taken(): void {
    const onTaken = this.#onTaken;
    this.#onTaken = undefined;
    onTaken?.();
  }
}

/** The first events that every reader of an accepted generation gets. */
export interface GenerationOpening {
  /** Without the delivery, which is each reader's own. */
  readonly accepted: AcceptedEvent;
  /** undefined: the model sees the whole input. */
  readonly contextTrimmed: ContextTrimmedEvent | undefined;
}

/** Everything that a repeat of a completed call gets. */
export interface CompletedResult extends GenerationOpening {
  /** All of the output; undefined: it was more than may be kept. */
  readonly output: readonly OutputEvent[] | undefined;
  readonly completed: CompletedEvent;
}

export function openingEvents({ accepted, contextTrimmed }: GenerationOpening): readonly ReaderEvent[] {
  return contextTrimmed === undefined ? [accepted] : [accepted, contextTrimmed];
}

/**
 * The messages of a generation that has completed, for a repeat of its call. Nothing is run.
 * @throws GenerationError RESPONSE_TOO_LARGE if the output was more than is kept: the call completed, and only its caller may decide to run it again
 */
export function* replayResult(result: CompletedResult): Generator<GenerationMessage, void, void> {
  const { accepted, output, completed } = result;
  if (output === undefined) {
    const text = "the call has completed, and its output was larger than what is stored for a repeat";
    throw new GenerationError("RESPONSE_TOO_LARGE", text, { facts: { generation_id: accepted.generationId } });
  }
  let sequence = 0;
  for (const event of [...openingEvents(result), ...output, completed]) yield new ReaderMessage(++sequence, event);
}
