import type { GenerationMessage, ReaderEvent } from "../../core/generation-message.js";

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
