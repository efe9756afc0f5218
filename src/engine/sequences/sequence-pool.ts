import type { EngineSequence, SequenceLease } from "../engine.js";
import type { ShelvedPrefix } from "./prefix-shelf.js";
import { sharedLength } from "./shared-length.js";

export interface SequencePoolParts {
  readonly sequences: readonly EngineSequence[];
  /** Makes a sequence hold what was saved. @returns false: it can't be had, and the sequence is empty */
  readonly restore: (sequence: EngineSequence, state: ShelvedPrefix["state"]) => Promise<boolean>;
  /** A sequence is about to lose its first `tokens`, which are likely to be asked for again. May cut the sequence back to them. */
  readonly rescue: (sequence: EngineSequence, tokens: number) => Promise<void>;
}

interface LeftBehind {
  /** How long a beginning was used by more than one. */
  readonly provenTokens: number;
  /** What the sequence holds is likely to be asked for again. */
  readonly comesBack: boolean;
}

/**
 * Hands out the engine's sequences, each to one run at a time. A free sequence keeps what it holds, so that a prompt with the same beginning
 * need not be read in again.
 */
export class SequencePool {
  /** Least recently used first. */
  readonly #free: EngineSequence[];
  readonly #parts: SequencePoolParts;
  /** What is known of each sequence's latest run. */
  readonly #left = new Map<EngineSequence, LeftBehind>();

  constructor(parts: SequencePoolParts) {
    this.#free = [...parts.sequences];
    this.#parts = parts;
  }

  get hasFree(): boolean {
    return this.#free.length > 0;
  }

  /** The longest beginning of the tokens that a free sequence holds. */
  sharedTokens(tokens: Uint32Array): number {
    return this.#free.reduce((most, sequence) => Math.max(most, sharedLength(sequence.tokens(), tokens)), 0);
  }

  /**
   * The free sequence that shares the longest beginning with the tokens, the least recently used of equals, cut back to what they share; or the
   * least recently used one with the saved state in it, where that shares more. At least the last token is left to evaluate: only that gives
   * logits. A run that `comesBack` is not made to lose most of what it left, for the little that another one shares with it. Call it between steps.
   * @throws Error when none is free
   */
  async lease(
    tokens: Uint32Array,
    { saved, comesBack = false }: { saved?: ShelvedPrefix | undefined; comesBack?: boolean | undefined } = {},
  ): Promise<SequenceLease> {
    const best = this.#choose(tokens);
    const [oldest = best.sequence] = this.#free;
    const source = saved !== undefined && saved.sharedTokens > best.sharedTokens ? saved : undefined;
    const sequence = source === undefined ? best.sequence : oldest;
    this.#free.splice(this.#free.indexOf(sequence), 1);
    const sharedTokens = source === undefined ? best.sharedTokens : 0;
    await this.#rescue(sequence, sharedTokens);
    if (source !== undefined) await this.#parts.restore(sequence, source.state);
    const held = source === undefined ? sharedTokens : Math.min(source.sharedTokens, sequence.length);
    const kept = Math.min(held, tokens.length - 1);
    const reusedTokens = kept < sequence.length ? await sequence.trim(kept) : kept;
    this.#left.set(sequence, { provenTokens: reusedTokens, comesBack });
    return { sequence, reusedTokens, [Symbol.dispose]: this.#returnOnce(sequence) };
  }

  async #rescue(sequence: EngineSequence, keptTokens: number): Promise<void> {
    if (this.#losesMost(sequence, keptTokens)) {
      await this.#parts.rescue(sequence, sequence.length);
      return;
    }
    const provenTokens = this.#left.get(sequence)?.provenTokens ?? 0;
    if (provenTokens > keptTokens && provenTokens <= sequence.length) await this.#parts.rescue(sequence, provenTokens);
  }

  /** Of what is likely to be asked for again. */
  #losesMost(sequence: EngineSequence, keptTokens: number): boolean {
    return this.#left.get(sequence)?.comesBack === true && 2 * keptTokens < sequence.length;
  }

  #returnOnce(sequence: EngineSequence): () => void {
    let leased = true;
    return () => {
      if (!leased) return;
      leased = false;
      this.#free.push(sequence);
    };
  }

  #choose(tokens: Uint32Array): { sequence: EngineSequence; sharedTokens: number } {
    const candidates = this.#free.map((sequence) => ({
      sequence,
      sharedTokens: sharedLength(sequence.tokens(), tokens),
    }));
    const [oldest] = candidates;
    if (oldest === undefined) throw new Error("no sequence is free");
    let best = oldest;
    for (const candidate of candidates) if (candidate.sharedTokens > best.sharedTokens) best = candidate;
    return this.#losesMost(best.sequence, best.sharedTokens) ? oldest : best;
  }
}
