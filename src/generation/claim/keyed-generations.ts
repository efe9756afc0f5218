import type { Limits } from "../../core/limits.js";
import type { Clock } from "../../sync/clock.js";
import { RecentMap } from "../../sync/recent-map.js";
import { type Idempotency, requireSameBody } from "../call/request-digest.js";
import { readStoredWords, writeStoredWords } from "../output/stored-words.js";
import { KeyedGeneration, type KeyedOpening, type KeyedReader } from "./keyed-generation.js";
import type { Acceptance, CompletedResult, FirstReading, Reading } from "./reading.js";

/** An entry takes this beside its text. */
const ENTRY_BYTES = 512;

/** A call gets a generation to read, which is its own or another call's, or the result of one that has completed. */
export type Claim =
  | {
      readonly type: "reading";
      readonly reading: Reading;
      /** Resolves once the generation is in the queue or running; rejects with why it was refused. */
      readonly acceptance: Promise<Acceptance>;
    }
  | { readonly type: "stored"; readonly result: CompletedResult };

/**
 * Every idempotency key in use, whatever protocol it came by: those whose generation goes on, and those whose result is stored. A generation that does
 * not come to its proper end leaves nothing, and its key is free. Main thread; one for the server.
 */
export class KeyedGenerations {
  readonly #running = new Map<string, KeyedGeneration>();
  readonly #stored: StoredResults;

  constructor(limits: Limits, clock: Clock) {
    this.#stored = new StoredResults(limits, clock);
  }

  /**
   * Finds what a repeat gets: the stored result, or the running generation, which it takes over. undefined: the key is free.
   * @throws GenerationError IDEMPOTENCY_KEY_REUSED, RESPONSE_TOO_LARGE
   */
  find(key: string, reader: KeyedReader, again: Omit<Idempotency, "key">): Claim | undefined {
    const stored = this.#stored.find(key);
    if (stored !== undefined) {
      requireSameBody(stored, again);
      return { type: "stored", result: stored.result };
    }
    const running = this.#running.get(key);
    if (running === undefined || running.failed) return undefined;
    requireSameBody(running, again);
    return { type: "reading", reading: running.takeOver(reader), acceptance: running.acceptance };
  }

  /** Puts a generation under a key that is free. To be called in the same tick as `find`, so that of two calls at once the second finds the first. */
  begin(key: string, reader: KeyedReader, opening: KeyedOpening): FirstReading {
    const begun = new KeyedGeneration(opening, (result) => {
      if (this.#running.get(key) === begun) this.#running.delete(key);
      if (result !== undefined) this.#stored.add(key, opening.bodyDigest, result);
    });
    this.#running.set(key, begun);
    return begun.begin(reader);
  }
}

/** Kept as text, which is small, and as large as it says. */
interface StoredResult {
  readonly bodyDigest: string;
  readonly text: Buffer;
}

/** The results of completed calls by their idempotency keys. Bounded in entries, age and bytes. */
class StoredResults {
  readonly #maxBytes: number;
  readonly #results: RecentMap<StoredResult>;

  constructor(limits: Pick<Limits, "idempotencyKeys" | "idempotencyAgeMs" | "idempotencyBytes">, clock: Clock) {
    this.#maxBytes = limits.idempotencyBytes;
    this.#results = new RecentMap({
      maxEntries: limits.idempotencyKeys,
      maxAgeMs: limits.idempotencyAgeMs,
      maxBytes: limits.idempotencyBytes,
      clock,
    });
  }

  /** An output that alone is more than all results may take is left out, and the result stays: a repeat must not run the call again for that. */
  add(key: string, bodyDigest: string, result: CompletedResult): void {
    const frameBytes = ENTRY_BYTES + Buffer.byteLength(key);
    const whole = Buffer.from(writeStoredWords(result));
    const keeps = frameBytes + whole.length <= this.#maxBytes;
    const text = keeps ? whole : Buffer.from(writeStoredWords({ ...result, output: undefined }));
    this.#results.add(key, { bodyDigest, text }, frameBytes + text.length);
  }

  find(key: string): { bodyDigest: string; result: CompletedResult } | undefined {
    const stored = this.#results.find(key);
    if (stored === undefined) return undefined;
    return { bodyDigest: stored.bodyDigest, result: readStoredWords(stored.text.toString()) as CompletedResult };
  }
}
