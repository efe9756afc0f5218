import { onAbort } from "../sync/on-abort.js";
import { ModelError } from "./model-error.js";

/**
 * A signal that aborts when the caller's does, or when the other side has been silent for too long. One for each connection; disposing it aborts
 * what still hangs on the signal and unhooks it from the caller's.
 */
export class SilenceGuard implements Disposable {
  readonly #controller = new AbortController();
  readonly #unhook: Disposable;
  #timer: NodeJS.Timeout | undefined;

  constructor(signal: AbortSignal) {
    this.#unhook = onAbort(signal, (reason) => this.#controller.abort(reason));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on no silence may last longer than this; `who` begins the error's sentence. */
  allow(limitMs: number, who: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#controller.abort(new ModelError("SOURCE_FAILED", `${who} was silent for ${limitMs / 1000} s`));
    }, limitMs);
  }

  /** The other side was heard: the time starts anew. */
  heard(): void {
    this.#timer?.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#unhook[Symbol.dispose]();
    this.#controller.abort();
  }
}
