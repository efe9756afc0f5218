import type { Limits } from "../../core/limits.js";
import type { Clock } from "../../sync/clock.js";
import { RecentMap } from "../../sync/recent-map.js";
import { readStoredWords, writeStoredWords } from "../output/stored-words.js";
import type { CompletedResult } from "./completed-result.js";

/** Kept as text, which is small, and as large as it says. */
interface StoredResult {
  readonly bodyDigest: string;
  readonly text: Buffer;
}

/** An entry takes this beside its text. */
const ENTRY_BYTES = 512;

/** The results of completed calls by their idempotency keys. Bounded in entries, age and bytes. */
export class StoredResults {
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
