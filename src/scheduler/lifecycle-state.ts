import type { Lifecycle } from "../core/load-snapshot.js";

/** The states to which each state may advance. SIGTERM may come while the model is being loaded, hence starting → draining. */
const MOVES: Readonly<Record<Lifecycle, readonly Lifecycle[]>> = {
  starting: ["serving", "draining", "failed"],
  serving: ["draining", "failed"],
  draining: ["stopped", "failed"],
  stopped: [],
  failed: ["failed"],
};

/** The state of the whole server, which health, readiness and admission follow. It lives on the main thread. */
export class LifecycleState {
  #current: Lifecycle = "starting";
  readonly #listeners = new Set<(now: Lifecycle) => void>();

  get current(): Lifecycle {
    return this.#current;
  }

  /**
   * Advances the state and calls the listeners, in the order in which they were added, before it returns. Failing again changes nothing.
   * @throws Error if the present state does not lead there.
   */
  advance(to: Lifecycle): void {
    const from = this.#current;
    if (!MOVES[from].includes(to)) throw new Error(`the server cannot go from ${from} to ${to}`);
    if (from === to) return;
    this.#current = to;
    for (const listener of [...this.#listeners]) listener(to);
  }

  /** Calls `listener` on each change, until the returned value is disposed. */
  onChange(listener: (now: Lifecycle) => void): Disposable {
    // The wrapper lets the same function listen twice.
    const entry = (now: Lifecycle): void => listener(now);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }
}
