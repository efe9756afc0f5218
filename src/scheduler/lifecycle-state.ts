import type { Lifecycle } from "../core/load-snapshot.js";

/** Where each state may go. SIGTERM may come while the model is still being loaded, hence starting → draining. */
const MOVES: Readonly<Record<Lifecycle, readonly Lifecycle[]>> = {
  starting: ["serving", "draining", "failed"],
  serving: ["draining", "failed"],
  draining: ["stopped", "failed"],
  stopped: [],
  failed: ["failed"],
};

/** The one place that knows what the whole server is doing. Health, readiness and admission follow it. Lives on the main thread. */
export class LifecycleState {
  #current: Lifecycle = "starting";
  readonly #listeners = new Set<(now: Lifecycle) => void>();

  get current(): Lifecycle {
    return this.#current;
  }

  /**
   * Moves on and tells the listeners, in the order in which they came, before it returns. To fail again changes nothing.
   * @throws Error when the present state does not lead there.
   */
  advance(to: Lifecycle): void {
    const from = this.#current;
    if (!MOVES[from].includes(to)) throw new Error(`the server cannot go from ${from} to ${to}`);
    if (from === to) return;
    this.#current = to;
    for (const listener of [...this.#listeners]) listener(to);
  }

  /** Calls `listener` on each move from now on, until it is disposed. */
  onChange(listener: (now: Lifecycle) => void): Disposable {
    // Wrapped, so that the same function may listen twice.
    const entry = (now: Lifecycle): void => listener(now);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }
}
