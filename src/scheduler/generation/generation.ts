import type { GenerationEvent } from "../../core/generation-event.js";
import { GenerationError } from "../../core/generation-error.js";
import type { GenerationState } from "../../core/generation-report.js";
import type { Piece } from "../../core/piece.js";
import type { Timings, Usage } from "../../core/usage.js";
import type { GenerationRecord } from "./generation-record.js";
import { OUTPUT_START, positionAfter } from "./output-position.js";

/** One for all: every call leaves at its end, most of them when there is nothing left to end, and an error costs the trace of its stack. */
const LEFT = new GenerationError("CANCELLED", "the call was left");

/**
 * One call's generation as its caller (rpc/) holds it, from `Scheduler.open` until it is disposed or handed over. Main thread; one reader.
 * It ends by a `finished` event, or by the error that its reads reject with: the reason of the call's signal, CANCELLED_BY_REQUEST, ENGINE_LOST, ENGINE_FAULT
 * or DRAINED.
 */
export class Generation implements Disposable {
  /** The scheduler's side of the generation, which nobody else touches. */
  readonly record: GenerationRecord;
  #reading = false;
  #replaced: GenerationError | undefined;
  /** Everything before it is this reader's. */
  #reached = OUTPUT_START;

  /** For the scheduler alone. */
  constructor(record: GenerationRecord) {
    this.record = record;
  }

  get generationId(): string {
    return this.record.identity.generationId;
  }

  get state(): GenerationState {
    return this.record.state;
  }

  /** Calls `listener` once when the generation fails before it is disposed: whoever waits for something else than `next` has to know too. */
  onFailed(listener: (error: GenerationError) => void): void {
    if (this.#replaced !== undefined) return;
    this.record.notifyOfFailure(listener);
  }

  /** By the scheduler's clock. */
  get openedAtMs(): number {
    return this.record.account.openedAtMs;
  }

  /** True while the run stands still because its credit is spent, with a slot or without. */
  get parked(): boolean {
    return this.record.state === "parked" || this.record.state === "preempted";
  }

  /**
   * The next event. Rejects as soon as the generation fails, whatever still waits.
   * @throws GenerationError why it failed; Error when called after the end, or while another read waits.
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

  /** The next event if one waits; none after the end. @throws GenerationError why it failed */
  tryNext(): GenerationEvent | undefined {
    if (this.#replaced !== undefined) throw this.#replaced;
    const event = this.record.take();
    if (event === undefined && this.record.error !== undefined) throw this.record.error;
    return event;
  }

  /** Until there may be something for `tryNext`: an event, or why there will be none. May resolve early. */
  changed(): Promise<void> {
    return this.record.mailbox.changed();
  }

  /** The output so far. undefined: none is kept (`keepOutputBytes`), or it was too much. */
  output(): readonly Piece[] | undefined {
    return this.record.outputLog?.pieces;
  }

  /** Why it goes on no more: it failed. undefined as long as it can still be read to a finish. */
  get error(): GenerationError | undefined {
    return this.record.error;
  }

  /**
   * Gives the generation to another reader, which gets all of its output from the start, in one event, and goes on from there. This one reads no more:
   * its reads reject with `reason`, and leaving it ends nothing. What it still takes counts. The credit of what it has not taken goes back when the
   * new reader takes that.
   * @throws Error where `output` is undefined, and on the second call.
   */
  handOver(reason: GenerationError): Generation {
    const pieces = this.output();
    if (pieces === undefined || this.#replaced !== undefined) throw new Error("there is nothing to hand over");
    this.#replaced = reason;
    this.record.notifyOfFailure(undefined);
    this.record.startOver(pieces);
    return new Generation(this.record);
  }

  /** Says that the reader's HTTP/2 window has taken these pieces, the next ones: they count as delivered, and their credit goes back. */
  taken(pieces: readonly Piece[]): void {
    this.#reached = positionAfter(this.#reached, pieces);
    this.record.takenTo(this.#reached);
  }

  /** Says that these pieces, the next ones, are kept for one answer: their credit goes back, and they count as delivered once the finish is read. */
  folded(pieces: readonly Piece[]): void {
    this.#reached = positionAfter(this.#reached, pieces);
    this.record.foldedTo(this.#reached);
  }

  /** Says that the first chunk was handed to the writer. */
  markFirstChunk(): void {
    this.record.markFirstChunk();
  }

  /** The counts at this moment; final once the `finished` event was read. */
  usage(): Usage {
    return this.record.account.usage();
  }

  /** The times at this moment; final once the run has ended. */
  timings(): Timings {
    return this.record.timings();
  }

  /** Ends it for this reason, whoever reads it. Too late changes nothing. */
  fail(reason: GenerationError): void {
    this.record.abort(reason);
  }

  /**
   * Leaves for this reason, which the ledger then tells: whatever is held falls free as after a cancel. Does nothing once it has ended, or for a reader
   * that was replaced.
   */
  leave(reason: GenerationError): void {
    if (this.#replaced !== undefined) return;
    this.record.notifyOfFailure(undefined);
    this.record.abort(reason);
  }

  /** Leaves as a client does that reads no more. */
  [Symbol.dispose](): void {
    this.leave(LEFT);
  }
}
