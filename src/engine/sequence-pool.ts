import type { EngineSequence, SavedState } from "./engine.js";

/** The right to use a sequence. Disposing gives it back, with all it holds by then; doing so again does nothing. */
export interface SequenceLease extends Disposable {
  readonly sequence: EngineSequence;
  /** How many of the tokens it holds already. */
  readonly reusedTokens: number;
}

/** Makes a sequence hold what was saved. @returns false: it can't be had, and the sequence is empty */
export type Restore = (sequence: EngineSequence, state: SavedState) => Promise<boolean>;

/**
 * Hands out the engine's sequences, each to one run at a time. A free sequence keeps what it holds, so that a prompt with the same beginning
 * need not be read in again.
 */
export class SequencePool {
  /** Least recently used first. */
  readonly #free: EngineSequence[];
  readonly #restore: Restore;

  constructor(sequences: readonly EngineSequence[], restore: Restore) {
    this.#free = [...sequences];
    this.#restore = restore;
  }

  get hasFree(): boolean {
    return this.#free.length > 0;
  }

  /**
   * The free sequence that shares the longest beginning with the tokens, the least recently used of equals, cut back to what they share; or the
   * least recently used one with the saved state in it, where that is longer. At least the last token is left to evaluate: only that gives logits.
   * Call it between steps.
   * @param saved what an earlier sequence held of these very tokens
   * @throws Error when none is free
   */
  async lease(tokens: Uint32Array, saved?: SavedState): Promise<SequenceLease> {
    const best = this.#choose(tokens);
    const [oldest = best.sequence] = this.#free;
    const useSaved = saved !== undefined && saved.tokenIds.length > best.sharedTokens;
    const sequence = useSaved ? oldest : best.sequence;
    this.#free.splice(this.#free.indexOf(sequence), 1);
    if (useSaved) await this.#restore(sequence, saved);
    const sharedTokens = useSaved ? sequence.length : best.sharedTokens;
    const kept = Math.min(sharedTokens, tokens.length - 1);
    const reusedTokens = kept < sequence.length ? await sequence.trim(kept) : kept;
    let leased = true;
    return {
      sequence,
      reusedTokens,
      [Symbol.dispose]: () => {
        if (!leased) return;
        leased = false;
        this.#free.push(sequence);
      },
    };
  }

  #choose(tokens: Uint32Array): { sequence: EngineSequence; sharedTokens: number } {
    let best: { sequence: EngineSequence; sharedTokens: number } | undefined;
    for (const sequence of this.#free) {
      const sharedTokens = sharedLength(sequence.tokens(), tokens);
      if (best === undefined || sharedTokens > best.sharedTokens) best = { sequence, sharedTokens };
    }
    if (best === undefined) throw new Error("no sequence is free");
    return best;
  }
}

function sharedLength(held: readonly number[], tokens: Uint32Array): number {
  const end = Math.min(held.length, tokens.length);
  let length = 0;
  while (length < end && held[length] === tokens[length]) length++;
  return length;
}
