import type { SavedState } from "../engine.js";
import { sharedLength } from "./shared-length.js";

/** More are not looked through for each prompt. */
const MOST_STATES = 64;

/** A saved state, and how much of it a prompt begins with. */
export interface ShelvedPrefix {
  readonly state: SavedState;
  readonly sharedTokens: number;
}

/** Saved beginnings that several prompts had in common. Bounded in number here and in bytes by what the engine has room for: the least recently used goes first. */
export class PrefixShelf implements Disposable {
  /** Least recently used first. */
  readonly #states = new Set<SavedState>();

  get size(): number {
    return this.#states.size;
  }

  put(state: SavedState): void {
    this.#states.add(state);
    if (this.#states.size > MOST_STATES) this.dropOldest();
  }

  /** The one that shares the longest beginning; undefined where none shares any. It counts as used. */
  find(tokens: Uint32Array): ShelvedPrefix | undefined {
    let best: ShelvedPrefix | undefined;
    for (const state of this.#states) {
      const sharedTokens = sharedLength(state.tokenIds, tokens);
      if (sharedTokens > (best?.sharedTokens ?? 0)) best = { state, sharedTokens };
    }
    if (best !== undefined) {
      this.#states.delete(best.state);
      this.#states.add(best.state);
    }
    return best;
  }

  /** @returns false: there is none */
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
