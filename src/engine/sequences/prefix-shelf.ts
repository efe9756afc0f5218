import type { EngineSequence, SavedState } from "../engine.js";
import type { Run } from "../run/run.js";

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

/**
 * All that decides whether cached key-value state serves a prompt. The tokens decide it alone as long as every run uses the bare model for the same
 * tenant. An adapter's name belongs here, since an adapter changes the state of every token, and so does a salt of the tenant, which keeps tenants
 * from seeing in the time to the first token what others have cached.
 */
export interface CacheKey {
  readonly tokens: ArrayLike<number>;
}

/** The key of what a sequence holds in the cache. */
export function sequenceKey(sequence: EngineSequence): CacheKey {
  return { tokens: sequence.tokens() };
}

/** The key of a saved state. */
export function stateKey(state: SavedState): CacheKey {
  return { tokens: state.tokenIds };
}

/** The key of all that a run's sequence has to hold before the run decodes. */
export function runKey(run: Run): CacheKey {
  return { tokens: run.neededTokens };
}

/** Counts the tokens at the beginning of `wanted` for which the state of `held` can be reused. */
export function sharedTokens(held: CacheKey, wanted: CacheKey): number {
  const end = Math.min(held.tokens.length, wanted.tokens.length);
  let count = 0;
  while (count < end && held.tokens[count] === wanted.tokens[count]) count++;
  return count;
}

/** Counts the shared tokens that spare a prefill: the last token of `wanted` has to be evaluated in any case. */
export function reusableTokens(held: CacheKey, wanted: CacheKey): number {
  return Math.min(sharedTokens(held, wanted), wanted.tokens.length - 1);
}
