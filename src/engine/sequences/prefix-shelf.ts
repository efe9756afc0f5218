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
  /** The states with the scope of each. The least recently used comes first. */
  readonly #states = new Map<SavedState, string>();

  get size(): number {
    return this.#states.size;
  }

  /** @param scope the scope of the run whose state it is, which alone finds it */
  put(state: SavedState, scope: string): void {
    this.#states.set(state, scope);
    if (this.#states.size > MAX_STATES) this.dropOldest();
  }

  /** Finds the state that shares the longest beginning, which counts as used by that. @returns undefined if none shares any */
  find(wanted: CacheKey): ShelvedPrefix | undefined {
    let best: ShelvedPrefix | undefined;
    for (const [state, scope] of this.#states) {
      const shared = sharedTokens({ scope, tokens: state.tokenIds }, wanted);
      if (shared > (best?.sharedTokens ?? 0)) best = { state, sharedTokens: shared };
    }
    if (best !== undefined && wanted.scope !== undefined) {
      this.#states.delete(best.state);
      this.#states.set(best.state, wanted.scope);
    }
    return best;
  }

  /** @returns false if the shelf is empty */
  dropOldest(): boolean {
    const [oldest] = this.#states.keys();
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
 * All that decides whether cached key-value state serves a prompt. The scope keeps tenants from seeing in the time to the first token what others have
 * sent. An adapter's name belongs here too as soon as there are adapters, since an adapter changes the state of every token.
 */
export interface CacheKey {
  /** Only keys of equal scopes share anything. undefined shares with nothing, not even with undefined. */
  readonly scope: string | undefined;
  /** Read only where the scopes are equal, so that a comparison across scopes takes the same time whatever the tokens are. */
  readonly tokens: ArrayLike<number>;
}

/** The key of what a sequence holds in the cache. @param scope the scope of the run that filled it */
export function sequenceKey(sequence: EngineSequence, scope: string | undefined): CacheKey {
  return lazyKey(scope, () => sequence.tokens());
}

/** The key of all that a run's sequence has to hold before the run decodes. */
export function runKey(run: Run): CacheKey {
  return lazyKey(run.spec.cacheScope, () => run.neededTokens);
}

/** Makes a key that copies its tokens when they are first read. */
function lazyKey(scope: string | undefined, readTokens: () => ArrayLike<number>): CacheKey {
  let tokens: ArrayLike<number> | undefined;
  return {
    scope,
    get tokens() {
      return (tokens ??= readTokens());
    },
  };
}

/** Counts the tokens at the beginning of `wanted` for which the state of `held` can be reused: none if the scopes differ. */
export function sharedTokens(held: CacheKey, wanted: CacheKey): number {
  if (held.scope === undefined || held.scope !== wanted.scope) return 0;
  return commonTokens(held.tokens, wanted.tokens);
}

/** Counts the tokens that two texts have in common at their beginning. A run's own saved state serves it whatever its scope is. */
export function commonTokens(held: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const end = Math.min(held.length, wanted.length);
  let count = 0;
  while (count < end && held[count] === wanted[count]) count++;
  return count;
}

/** Counts the shared tokens that spare a prefill: the last token of `wanted` has to be evaluated in any case. */
export function reusableTokens(held: CacheKey, wanted: CacheKey): number {
  return Math.min(sharedTokens(held, wanted), wanted.tokens.length - 1);
}
