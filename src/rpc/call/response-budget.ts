import { GenerationError } from "../../core/generation-error.js";

/** A response of up to this size is counted and never refused, so that health, cancels and the like are answered. `max-calls` bounds their number. */
const SMALL_RESPONSE_BYTES = 16 * 1024;

/** The bytes of all unary responses that are being made or wait for their readers, held within a bound. One for the process. */
export class ResponseBudget {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts these bytes until they are disposed of. @throws GenerationError TOO_MANY_RESPONSE_BYTES */
  hold(bytes: number): HeldResponse {
    let held = 0;
    let isDisposed = false;
    const resize = (wanted: number): void => {
      if (isDisposed) return;
      if (wanted > held && wanted > SMALL_RESPONSE_BYTES) this.#requireRoom(wanted - held);
      this.#bytes += wanted - held;
      held = wanted;
    };
    resize(bytes);
    return {
      resize,
      [Symbol.dispose]: () => {
        resize(0);
        isDisposed = true;
      },
    };
  }

  #requireRoom(bytes: number): void {
    if (this.#bytes + bytes <= this.#maxBytes) return;
    const text = `responses that wait for their readers take ${this.#bytes} bytes; with this one it would be more than ${this.#maxBytes}`;
    throw new GenerationError("TOO_MANY_RESPONSE_BYTES", text, {
      facts: { response_bytes: String(this.#bytes), max_total_response_bytes: String(this.#maxBytes) },
    });
  }
}

/** The share of one response. Disposing gives it back; afterwards it stays at nothing. */
export interface HeldResponse extends Disposable {
  /** Counts this many bytes in place of those before. @throws GenerationError TOO_MANY_RESPONSE_BYTES, and the bytes before stay counted */
  resize(bytes: number): void;
}
