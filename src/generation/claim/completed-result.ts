import { GenerationError } from "../../core/generation-error.js";
import type {
  AcceptedEvent,
  CompletedEvent,
  ContextTrimmedEvent,
  GenerationMessage,
  OutputEvent,
  ReaderEvent,
} from "../../core/generation-message.js";
import { ReaderMessage } from "./reader-message.js";

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

/** The outcome of accepting a generation. A refusal is a GenerationError instead. */
export type Acceptance =
  | { readonly type: "accepted"; readonly opening: GenerationOpening }
  /** The session changed while its turn was being opened: the turn has to be opened again. */
  | { readonly type: "overtaken" };

/** The ledger's reason for a generation that was begun for a turn which another call got in front of. No call ends with it. */
export function overtaken(): GenerationError {
  const text = "the session changed while the turn was being opened; another generation makes its answer";
  return new GenerationError("REVISION_MISMATCH", text);
}
