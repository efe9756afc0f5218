import type { Accepted, Chunk } from "../../../generated/rill/v1/generation_event.js";
import type { Piece } from "../../core/piece.js";
import type { Generation } from "../../scheduler/generation.js";
import type { CompletedResult } from "./stored-results.js";

/** One call's hold on a generation, which is its alone or goes from reader to reader. Disposing it leaves. */
export interface Reading extends Disposable {
  readonly generation: Generation;
  /** Resolves once the generation is in line or running, with what is true of it for every reader. @throws GenerationError why it was refused */
  accepted(): Promise<Accepted>;
  /** Says that the call has read the end. `toChunk` makes one chunk of the whole output, where that is kept. */
  finished(told: Omit<CompletedResult, "chunk">, toChunk: (pieces: readonly Piece[]) => Chunk): void;
}
