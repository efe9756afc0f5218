import { Accepted, Completed, ContextTrimmed } from "../../../generated/rill/v1/generation_event.js";
import type { Limits } from "../../core/limits.js";
import type { Clock } from "../../sync/clock.js";
import { RecentMap } from "../../sync/recent-map.js";
import { decodeOutput, encodeOutput } from "../response/encoded-output.js";
import type { OutputMessage } from "../response/output-message.js";
import type { Opening } from "./opening.js";

/** What a repeat of a completed call gets. */
export interface CompletedResult extends Opening {
  /** All of the output. undefined: it was more than may be kept. */
  readonly output: readonly OutputMessage[] | undefined;
  readonly completed: Completed;
}

/** Encoded: small, and as large as it says. */
interface StoredResult {
  readonly bodyDigest: string;
  readonly accepted: Uint8Array;
  readonly contextTrimmed: Uint8Array | undefined;
  readonly output: readonly Uint8Array[] | undefined;
  readonly completed: Uint8Array;
}

/** What an entry takes beside its messages. */
const ENTRY_BYTES = 512;
/** What a message takes beside its bytes. */
const MESSAGE_BYTES = 128;

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

  /** An output that alone is more than all results may take is left out: a repeat must not run again for that. */
  add(key: string, bodyDigest: string, { accepted, contextTrimmed, output, completed }: CompletedResult): void {
    const encoded = output?.map(encodeOutput);
    const others = {
      accepted: Accepted.encode(accepted).finish(),
      contextTrimmed: contextTrimmed === undefined ? undefined : ContextTrimmed.encode(contextTrimmed).finish(),
      completed: Completed.encode(completed).finish(),
    };
    const bytes = ENTRY_BYTES + Buffer.byteLength(key) + others.accepted.length + others.completed.length;
    const outputBytes = (encoded ?? []).reduce((sum, { length }) => sum + MESSAGE_BYTES + length, 0);
    const keeps = bytes + outputBytes <= this.#maxBytes;
    const stored = { bodyDigest, ...others, output: keeps ? encoded : undefined };
    this.#results.add(key, stored, bytes + (keeps ? outputBytes : 0));
  }

  find(key: string): { bodyDigest: string; result: CompletedResult } | undefined {
    const stored = this.#results.find(key);
    if (stored === undefined) return undefined;
    const { bodyDigest, accepted, contextTrimmed, output, completed } = stored;
    const result = {
      accepted: Accepted.decode(accepted),
      contextTrimmed: contextTrimmed === undefined ? undefined : ContextTrimmed.decode(contextTrimmed),
      output: output?.map(decodeOutput),
      completed: Completed.decode(completed),
    };
    return { bodyDigest, result };
  }
}
