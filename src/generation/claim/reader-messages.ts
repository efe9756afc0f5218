import { GenerationError } from "../../core/generation-error.js";
import type {
  AcceptedEvent,
  CompletedEvent,
  ContextTrimmedEvent,
  GenerationMessage,
  OutputEvent,
  ReaderEvent,
} from "../../core/generation-message.js";

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
