import { GenerationError } from "../../core/generation-error.js";
import type { GenerationEvent } from "../../core/generation-message.js";
import type { GenerationState, Timings, Usage } from "../../core/generation-report.js";
import type { Piece } from "../../core/piece.js";
import { OUTPUT_START, positionAfter } from "./generation-output.js";
import type { GenerationRecord } from "./generation-record.js";

/** The error of every reader that leaves. It is shared because every call leaves at its end, and each new error would cost a stack trace. */
const LEFT = new GenerationError("CANCELLED", "the call was left");

/**
 * One call's generation as its caller holds it, from `Scheduler.open` until it is disposed or handed over. It lives on the main thread and has one
 * reader. It ends with a `finished` event or with the error that its reads reject with: the reason of the call's signal, CANCELLED_BY_REQUEST,
 * ENGINE_LOST, ENGINE_FAULT or DRAINED.
 */
export class Generation implements Disposable {
  /** The scheduler's side of the generation, which nobody else touches. */
  readonly record: GenerationRecord;
  #reading = false;
  #replaced: GenerationError | undefined;
  /** The end of the output that this reader has taken. */
  #reached = OUTPUT_START;

  /** Only the scheduler calls it. */
  constructor(record: GenerationRecord) {
    this.record = record;
  }

  get generationId(): string {
    return this.record.identity.generationId;
  }

  get state(): GenerationState {
    return this.record.state;
  }

  /** Calls `listener` once if the generation fails before it is disposed. It is for a caller that waits for something other than `next`. */
  onFailed(listener: (error: GenerationError) => void): void {
    if (this.#replaced !== undefined) return;
    this.record.notifyOfFailure(listener);
  }

  /** By the scheduler's clock. */
  get openedAtMs(): number {
    return this.record.account.openedAtMs;
  }

  /** True while the run stands still because its credit is spent, whether or not it holds a slot. */
  get parked(): boolean {
    return this.record.state === "parked" || this.record.state === "preempted";
  }

  /**
   * Resolves with the next event, and rejects as soon as the generation fails, whatever still waits.
   * @throws GenerationError the reason of the failure; Error if called after the end, or while another read waits.
   */
  async next(): Promise<GenerationEvent> {
    if (this.#reading) throw new Error("a generation has one reader: next() waits already");
    this.#reading = true;
    try {
      for (;;) {
        const event = this.tryNext();
        if (event !== undefined) return event;
        if (this.record.outcome !== undefined) throw new Error("next() after the end: the finish was handed out");
        await this.changed();
      }
    } finally {
      this.#reading = false;
    }
  }

  /** Takes the next event; undefined if none waits, and after the end. @throws GenerationError the reason of the failure. */
  tryNext(): GenerationEvent | undefined {
    if (this.#replaced !== undefined) throw this.#replaced;
    const event = this.record.take();
    if (event === undefined && this.record.error !== undefined) throw this.record.error;
    return event;
  }

  /** Resolves once `tryNext` may have an event or an error. It may resolve early. */
  changed(): Promise<void> {
    return this.record.mailbox.changed();
  }

  /** The output so far; undefined if none is kept (`keepOutputBytes`), or if it was too much. */
  output(): readonly Piece[] | undefined {
    return this.record.outputLog?.pieces;
  }

  /** The reason of the failure; undefined while the generation can still be read to a finish. */
  get error(): GenerationError | undefined {
    return this.record.error;
  }

  /**
   * Gives the generation to another reader, which gets the output from the start in one event and goes on from there. The reads of this one reject with
   * `reason` from now on, and leaving it ends nothing. Pieces that it still takes count. The credit of pieces that it has not taken goes back when the
   * new reader takes them.
   * @throws Error if `output` is undefined, and on the second call.
   */
  handOver(reason: GenerationError): Generation {
    const pieces = this.output();
    if (pieces === undefined || this.#replaced !== undefined) throw new Error("there is nothing to hand over");
    this.#replaced = reason;
    this.record.notifyOfFailure(undefined);
    this.record.startOver(pieces);
    return new Generation(this.record);
  }

  /** Notes that the reader's HTTP/2 window has taken the next pieces. They count as delivered, and their credit goes back. */
  taken(pieces: readonly Piece[]): void {
    this.#reached = positionAfter(this.#reached, pieces);
    this.record.takenTo(this.#reached);
  }

  /** Notes that the next pieces are kept for one answer. Their credit goes back, and they count as delivered once the finish is read. */
  folded(pieces: readonly Piece[]): void {
    this.#reached = positionAfter(this.#reached, pieces);
    this.record.foldedTo(this.#reached);
  }

  /** Notes that the first chunk was handed to the writer. */
  markFirstChunk(): void {
    this.record.markFirstChunk();
  }

  /** The counts at this moment, which are final once the `finished` event was read. */
  usage(): Usage {
    return this.record.account.usage();
  }

  /** The times at this moment, which are final once the run has ended. */
  timings(): Timings {
    return this.record.timings();
  }

  /** Ends the generation for this reason, even if another reader has replaced this one. After the end it changes nothing. */
  fail(reason: GenerationError): void {
    this.record.abort(reason);
  }

  /**
   * Ends the generation for this reason, which the ledger then reports; everything that it holds falls free as after a cancel. It does nothing after the
   * end, or if another reader has replaced this one.
   */
  leave(reason: GenerationError): void {
    if (this.#replaced !== undefined) return;
    this.record.notifyOfFailure(undefined);
    this.record.abort(reason);
  }

  /** Leaves as a client that stops reading. */
  [Symbol.dispose](): void {
    this.leave(LEFT);
  }
}
