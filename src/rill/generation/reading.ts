import type { Completed } from "../../../generated/rill/v1/generation_event.js";
import type { GenerationError } from "../../core/generation-error.js";
import type { Piece } from "../../core/piece.js";
import type { Generation } from "../../scheduler/generation/generation.js";
import type { OutputMessage } from "../response/output-message.js";
import type { TurnRun } from "./turn/turn-run.js";

/** One call's hold on a generation, which is its alone or goes from reader to reader. Disposing it leaves. */
export interface Reading extends Disposable {
  readonly generation: Generation;
  /** undefined: it is no turn of a session. */
  readonly turn: TurnRun | undefined;
  /** Says that the call has read the end. `toOutput` makes messages of the whole output, where that is kept. */
  finished(completed: Completed, toOutput: (pieces: readonly Piece[]) => readonly OutputMessage[]): void;
  /** Leaves because the server ends the call for this reason. Disposing alone is a client's leaving. */
  leave(reason: GenerationError): void;
}

/** Of a generation that no other call can read. */
export class OwnReading implements Reading {
  readonly generation: Generation;
  readonly turn: TurnRun | undefined;

  constructor(generation: Generation, turn: TurnRun | undefined) {
    this.generation = generation;
    this.turn = turn;
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
