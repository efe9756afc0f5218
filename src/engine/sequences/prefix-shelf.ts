import type { SavedState } from "../engine.js";
import { type CacheKey, sharedTokens, stateKey } from "./cache-key.js";

/** The most states on the shelf, all of which are compared with each prompt. */
const MAX_STATES = 64;

/** A saved state, and the number of tokens that it shares with the beginning of a prompt. */
export interface ShelvedPrefix {
  readonly state: SavedState;
  readonly sharedTokens: number;
}

/**
 * Keeps saved beginnings that several prompts had in common. The least recently used goes first when there are too many, or when the engine has no
 * room for their bytes.
 */
export class PrefixShelf implements Disposable {
  /** The least recently used comes first. */
  readonly #states = new Set<SavedState>();

  get size(): number {
    return this.#states.size;
  }

  put(state: SavedState): void {
    this.#states.add(state);
    if (this.#states.size > MAX_STATES) this.dropOldest();
  }

  /** Finds the state that shares the longest beginning, which counts as used by that. @returns undefined if none shares any */
  find(wanted: CacheKey): ShelvedPrefix | undefined {
    let best: ShelvedPrefix | undefined;
    for (const state of this.#states) {
      const shared = sharedTokens(stateKey(state), wanted);
      if (shared > (best?.sharedTokens ?? 0)) best = { state, sharedTokens: shared };
    }
    if (best !== undefined) {
      this.#states.delete(best.state);
      this.#states.add(best.state);
    }
    return best;
  }

  /** @returns false if the shelf is empty */
  dropOldest(): boolean {
    const [oldest] = this.#states;
    if (oldest === undefined) return false;
    this.#states.delete(oldest);
    oldest[Symbol.dispose]();
    return true;
  }

  [Symbol.dispose](): void {
    while (this.dropOldest());
  }
}
