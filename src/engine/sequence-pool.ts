import type { EngineSequence } from "./engine.js";

/** The right to use a sequence. Disposing gives it back, with all it holds by then; doing so again does nothing. */
export interface SequenceLease extends Disposable {
  readonly sequence: EngineSequence;
  /** How many tokens of the prompt it held already. */
  readonly reusedTokens: number;
}

/**
 * Hands out the engine's sequences, each to one run at a time. A free sequence keeps what it holds, so that a prompt with the same beginning
 * need not be read in again.
 */
export class SequencePool {
  /** Least recently used first. */
  readonly #free: EngineSequence[];

  constructor(sequences: readonly EngineSequence[]) {
    this.#free = [...sequences];
  }

  get hasFree(): boolean {
    return this.#free.length > 0;
  }

  /**
   * The free sequence that shares the longest beginning with the prompt, the least recently used of equals, cut back to what they share. At
   * least the last token of the prompt is left to evaluate: only that gives logits. Call it between steps.
   * @throws Error when none is free
   */
  async lease(inputTokens: Uint32Array): Promise<SequenceLease> {
    const { sequence, sharedTokens } = this.#choose(inputTokens);
    this.#free.splice(this.#free.indexOf(sequence), 1);
    const kept = Math.min(sharedTokens, inputTokens.length - 1);
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

  #choose(inputTokens: Uint32Array): { sequence: EngineSequence; sharedTokens: number } {
    let best: { sequence: EngineSequence; sharedTokens: number } | undefined;
    for (const sequence of this.#free) {
      const sharedTokens = sharedLength(sequence.tokens(), inputTokens);
      if (best === undefined || sharedTokens > best.sharedTokens) best = { sequence, sharedTokens };
    }
    if (best === undefined) throw new Error("no sequence is free");
    return best;
  }
}

function sharedLength(held: readonly number[], inputTokens: Uint32Array): number {
  const end = Math.min(held.length, inputTokens.length);
  let length = 0;
  while (length < end && held[length] === inputTokens[length]) length++;
  return length;
}
