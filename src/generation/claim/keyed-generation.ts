import { GenerationError } from "../../core/generation-error.js";
import type { CompletedEvent } from "../../core/generation-message.js";
import type { Generation } from "../../scheduler/generation/generation.js";
import { onAbort } from "../../sync/abort.js";
import { type OutputMoment, toWholeOutput } from "../output/output-events.js";
import type { Acceptance, CompletedResult, FirstReading, GenerationOpening, Reading, StoredTurn } from "./reading.js";

/** A reader, as the generation that it reads knows it. */
export interface KeyedReader {
  /** While it reads, its end is the generation's. */
  readonly signal: AbortSignal;
  abort(reason: GenerationError): void;
}

/** A generation that was opened under an idempotency key. */
export interface KeyedOpening {
  readonly bodyDigest: string;
  readonly generation: Generation;
  /** The generation was opened with its signal. */
  readonly life: AbortController;
  /** undefined: it is no turn of a session. */
  readonly turn: StoredTurn | undefined;
}

/**
 * A generation that goes on while its readers replace each other. It lives on a signal of its own, which follows the present reader: if that one leaves,
 * the generation ends; if it is replaced, the generation goes on. The next reader gets everything from the start.
 */
export class KeyedGeneration {
  readonly bodyDigest: string;
  readonly #life: AbortController;
  readonly #turn: StoredTurn | undefined;
  readonly #onOver: (result: CompletedResult | undefined) => void;
  #generation: Generation;
  #acceptance: Promise<Acceptance> | undefined;
  #reader: { readonly call: KeyedReader; readonly following: Disposable } | undefined;
  /** undefined until it is accepted. */
  #opening: GenerationOpening | undefined;
  #over = false;

  /** @param onOver called once, when the key is free or has a result */
  constructor(opening: KeyedOpening, onOver: (result: CompletedResult | undefined) => void) {
    this.bodyDigest = opening.bodyDigest;
    this.#life = opening.life;
    this.#turn = opening.turn;
    this.#generation = opening.generation;
    this.#onOver = onOver;
  }

  /** True: it has failed, and nobody can read it any more. */
  get failed(): boolean {
    return this.#life.signal.aborted || this.#generation.error !== undefined;
  }

  /** Rejects with why the generation was refused. */
  get acceptance(): Promise<Acceptance> {
    if (this.#acceptance === undefined)
      throw new Error("the first reader shares the acceptance as soon as it has begun");
    return this.#acceptance;
  }

  /** Makes the call that has begun the generation its first reader. */
  begin(reader: KeyedReader): FirstReading {
    return {
      ...this.#replace(reader),
      signal: this.#life.signal,
      shareAcceptance: (acceptance) => {
        this.#acceptance = acceptance;
        acceptance.then(
          (accepted) => {
            if (accepted.type === "accepted") this.#opening = accepted.opening;
          },
          // Whoever reads the generation by then hears of the refusal.
          () => undefined,
        );
      },
    };
  }

  /**
   * Makes this call the reader in the place of the one before, which ends with TAKEN_OVER.
   * @throws GenerationError RESPONSE_TOO_LARGE when the output so far is more than one message may hold; the reader before stays then
   */
  takeOver(reader: KeyedReader): Reading {
    const before = this.#reader;
    const takenOver = this.#takenOver();
    if (this.#generation.output() === undefined) throw this.#tooLarge();
    this.#generation = this.#generation.handOver(takenOver);
    before?.following[Symbol.dispose]();
    const reading = this.#replace(reader);
    before?.call.abort(takenOver);
    return reading;
  }

  #replace(reader: KeyedReader): Reading {
    const following = onAbort(reader.signal, (reason) => this.#life.abort(reason));
    this.#reader = { call: reader, following };
    return this.#reading(this.#generation);
  }

  #reading(generation: Generation): Reading {
    const isReplaced = (): boolean => generation !== this.#generation;
    return {
      generation,
      turn: this.#turn,
      finished: (completed, moment) => {
        if (!isReplaced()) this.#finish(completed, moment);
      },
      leave: (reason) => {
        if (isReplaced()) return;
        generation.leave(reason);
        this.#end(undefined);
      },
      [Symbol.dispose]: () => {
        if (isReplaced()) return;
        generation[Symbol.dispose]();
        this.#end(undefined);
      },
    };
  }

  #finish(completed: CompletedEvent, moment: OutputMoment): void {
    if (this.#opening === undefined) return;
    const pieces = this.#generation.output();
    this.#end({ ...this.#opening, completed, output: pieces && toWholeOutput(pieces, moment) });
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
