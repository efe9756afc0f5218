import { GenerationError } from "../../core/generation-error.js";
import type { Generation } from "../../scheduler/generation/generation.js";
import { onAbort } from "../../sync/on-abort.js";
import { untilAborted } from "../../sync/until-aborted.js";
import type { TurnRun } from "./turn/turn-run.js";
import type { Opening } from "./opening.js";
import type { Reading } from "./reading.js";
import type { CompletedResult } from "./stored-results.js";

/** What a reader is to the generation that it reads. */
export interface KeyedReader {
  /** While it reads, its end is the generation's. */
  readonly signal: AbortSignal;
  abort(reason: GenerationError): void;
}

export interface KeyedGenerationOptions {
  readonly bodyDigest: string;
  /** @throws GenerationError why it is refused */
  readonly open: (signal: AbortSignal) => Generation;
  /** Prepares and submits it. */
  readonly accept: (generation: Generation, signal: AbortSignal) => Promise<Opening>;
  /** undefined: it is no turn of a session. */
  readonly turn?: TurnRun | undefined;
  /** Its key is free, or has a result. Called once. */
  readonly onOver: (result: CompletedResult | undefined) => void;
}

/**
 * A generation that goes on while its readers replace each other. It lives on a signal of its own, which follows the reader of the moment: when that one
 * leaves, it ends; when that one is replaced, it does not. What readers before have not taken passes to the next.
 */
export class KeyedGeneration {
  readonly bodyDigest: string;
  readonly #life = new AbortController();
  readonly #opening: Promise<Opening>;
  readonly #turn: TurnRun | undefined;
  readonly #onOver: KeyedGenerationOptions["onOver"];
  #generation: Generation;
  #reader: { readonly call: KeyedReader; readonly following: Disposable } | undefined;
  /** What was accepted, once it was. */
  #told: Opening | undefined;
  #over = false;

  /** @throws GenerationError what `open` throws; nothing is held then */
  constructor({ bodyDigest, open, accept, turn, onOver }: KeyedGenerationOptions) {
    this.bodyDigest = bodyDigest;
    this.#turn = turn;
    this.#onOver = onOver;
    this.#generation = open(this.#life.signal);
    this.#opening = accept(this.#generation, this.#life.signal);
    this.#opening.then(
      (opening) => (this.#told = opening),
      // Whoever reads it by then hears of a refusal.
      () => undefined,
    );
  }

  /** True: it has failed, and nobody can read it any more. */
  get failed(): boolean {
    return this.#life.signal.aborted || this.#generation.error !== undefined;
  }

  /** Resolves once it is in line or running. @throws GenerationError why it was refused, or the reason of the signal, which aborted first */
  opening(signal: AbortSignal): Promise<Opening> {
    return untilAborted(this.#opening, signal);
  }

  /**
   * Makes this call the reader: the first, or in the place of the one before, which ends with TAKEN_OVER.
   * @throws GenerationError RESPONSE_TOO_LARGE when the output so far is more than one message may hold; the reader before stays then
   */
  read(reader: KeyedReader): Reading {
    const before = this.#reader;
    const takenOver = this.#takenOver();
    if (before !== undefined) {
      if (this.#generation.output() === undefined) throw this.#tooLarge();
      this.#generation = this.#generation.handOver(takenOver);
      before.following[Symbol.dispose]();
    }
    const following = onAbort(reader.signal, (reason) => this.#life.abort(reason));
    this.#reader = { call: reader, following };
    before?.call.abort(takenOver);
    return this.#reading(this.#generation);
  }

  #reading(generation: Generation): Reading {
    const leave = (how: (left: Generation) => void): void => {
      if (generation !== this.#generation) return;
      how(generation);
      this.#end(undefined);
    };
    return {
      generation,
      turn: this.#turn,
      finished: (completed, toOutput) => {
        const opening = this.#told;
        if (generation !== this.#generation || opening === undefined) return;
        const pieces = generation.output();
        this.#end({ ...opening, completed, output: pieces === undefined ? undefined : toOutput(pieces) });
      },
      leave: (reason) => leave((left) => left.leave(reason)),
      [Symbol.dispose]: () => leave((left) => left[Symbol.dispose]()),
    };
  }

  #end(result: CompletedResult | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#reader?.following[Symbol.dispose]();
    this.#onOver(result);
  }

  #takenOver(): GenerationError {
    const text = "another call with the same idempotency key has taken the generation over";
    return new GenerationError("TAKEN_OVER", text, { facts: { generation_id: this.#generation.generationId } });
  }

  #tooLarge(): GenerationError {
    const text = "the output so far is larger than a response may be: the generation cannot be taken over";
    return new GenerationError("RESPONSE_TOO_LARGE", text, { facts: { generation_id: this.#generation.generationId } });
  }
}
