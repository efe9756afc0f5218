import type { Limits } from "../../core/limits.js";
import type { Clock } from "../../sync/clock.js";
import { KeyedGeneration, type KeyedGenerationOptions, type KeyedReader } from "./keyed-generation.js";
import type { Opening } from "./opening.js";
import type { Reading } from "./reading.js";
import { requireSameBody } from "./require-same-body.js";
import { type CompletedResult, StoredResults } from "./stored-results.js";

/** What a call with an idempotency key gets: a generation to read, its own or another call's, or the result of one that has completed. */
export type Claim =
  | {
      readonly type: "reading";
      readonly reading: Reading;
      /** Resolves once the generation is in line or running, with what is true of it for every reader; rejects with why it was refused. */
      readonly opening: Promise<Opening>;
    }
  | { readonly type: "stored"; readonly result: CompletedResult };

/**
 * Every idempotency key in use: those whose generation goes on, and those whose result is stored. A generation that ends without its proper end, by a
 * refusal, an error or its client's leaving, leaves nothing, and its key is free. Main thread; one for the server.
 */
export class KeyedGenerations {
  readonly #running = new Map<string, KeyedGeneration>();
  readonly #stored: StoredResults;

  constructor(limits: Limits, clock: Clock) {
    this.#stored = new StoredResults(limits, clock);
  }

  /**
   * What a repeat finds: the stored result, or the running generation, which it takes over. undefined: nothing, the key is free.
   * @throws GenerationError IDEMPOTENCY_KEY_REUSED, RESPONSE_TOO_LARGE
   */
  find(key: string, reader: KeyedReader, bodyDigest: string): Claim | undefined {
    const stored = this.#stored.find(key);
    if (stored !== undefined) {
      requireSameBody(stored, bodyDigest);
      return { type: "stored", result: stored.result };
    }
    const running = this.#running.get(key);
    if (running === undefined || running.failed) return undefined;
    requireSameBody(running, bodyDigest);
    return { type: "reading", reading: running.read(reader), opening: running.opening(reader.signal) };
  }

  /**
   * Begins a generation under a key that is free: to be called in the same tick as `find`, so that of two calls at once the second finds the first.
   * @throws GenerationError what `open` throws; the key stays free then
   */
  begin(key: string, reader: KeyedReader, options: Omit<KeyedGenerationOptions, "onOver">): Claim {
    const begun = new KeyedGeneration({
      ...options,
      onOver: (result) => {
        if (this.#running.get(key) === begun) this.#running.delete(key);
        if (result !== undefined) this.#stored.add(key, options.bodyDigest, result);
      },
    });
    this.#running.set(key, begun);
    return { type: "reading", reading: begun.read(reader), opening: begun.opening(reader.signal) };
  }
}
