import type { EngineSequence, SequenceLease } from "../engine.js";
import type { ShelvedPrefix } from "./prefix-shelf.js";
import { type CacheKey, sequenceKey, sharedTokens } from "./cache-key.js";

export interface SequencePoolOptions {
  readonly sequences: readonly EngineSequence[];
  /** Loads a saved state into a sequence. @returns false if it can't be had; the sequence is empty then */
  readonly restore: (sequence: EngineSequence, state: ShelvedPrefix["state"]) => Promise<boolean>;
  /** Saves the first `tokens` of a sequence, which is about to lose them although another prompt is likely to need them. May cut the sequence back to them. */
  readonly rescue: (sequence: EngineSequence, tokens: number) => Promise<void>;
}

interface LeftBehind {
  /** The tokens at the beginning that more than one run has used. */
  readonly provenTokens: number;
  /** Whether another prompt is likely to begin with all that the sequence holds. */
  readonly comesBack: boolean;
}

/**
 * Hands out the engine's sequences, each to one run at a time. A free sequence keeps its tokens, so that a prompt with the same beginning is not
 * prefilled again.
 */
export class SequencePool {
  /** The least recently used comes first. */
  readonly #free: EngineSequence[];
  readonly #options: SequencePoolOptions;
  /** Facts of each sequence's latest run. */
  readonly #left = new Map<EngineSequence, LeftBehind>();

  constructor(options: SequencePoolOptions) {
    this.#free = [...options.sequences];
    this.#options = options;
  }

  get hasFree(): boolean {
    return this.#free.length > 0;
  }

  /** Counts the tokens of the longest beginning that a free sequence holds. */
  sharedTokens(wanted: CacheKey): number {
    return this.#free.reduce((most, sequence) => Math.max(most, sharedTokens(sequenceKey(sequence), wanted)), 0);
  }

  /**
   * Leases the free sequence that shares the longest beginning with `wanted`, the least recently used of equals, cut back to that beginning; or the
   * least recently used one with the saved state in it, if that shares more. At least the last token is left to evaluate, since only that gives
   * logits. A sequence whose last run `comesBack` does not lose most of its tokens to a prompt that shares few of them. To be called between steps.
   * @throws Error if none is free
   */
  async lease(
    wanted: CacheKey,
    { saved, comesBack = false }: { saved?: ShelvedPrefix | undefined; comesBack?: boolean | undefined } = {},
  ): Promise<SequenceLease> {
    const best = this.#choose(wanted);
    const [oldest = best.sequence] = this.#free;
    const source = saved !== undefined && saved.sharedTokens > best.sharedTokens ? saved : undefined;
    const sequence = source === undefined ? best.sequence : oldest;
    this.#free.splice(this.#free.indexOf(sequence), 1);
    const shared = source === undefined ? best.sharedTokens : 0;
    await this.#rescue(sequence, shared);
    if (source !== undefined) await this.#options.restore(sequence, source.state);
    const held = source === undefined ? shared : Math.min(source.sharedTokens, sequence.length);
    const kept = Math.min(held, wanted.tokens.length - 1);
    const reusedTokens = kept < sequence.length ? await sequence.trim(kept) : kept;
    this.#left.set(sequence, { provenTokens: reusedTokens, comesBack });
    return { sequence, reusedTokens, [Symbol.dispose]: this.#returnOnce(sequence) };
  }

  async #rescue(sequence: EngineSequence, keptTokens: number): Promise<void> {
    if (this.#losesMost(sequence, keptTokens)) {
      await this.#options.rescue(sequence, sequence.length);
      return;
    }
    const provenTokens = this.#left.get(sequence)?.provenTokens ?? 0;
    if (provenTokens > keptTokens && provenTokens <= sequence.length)
      await this.#options.rescue(sequence, provenTokens);
  }

  /** Whether the sequence would lose most of its tokens, although another prompt is likely to begin with them. */
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

  #choose(wanted: CacheKey): { sequence: EngineSequence; sharedTokens: number } {
    const candidates = this.#free.map((sequence) => ({
      sequence,
      sharedTokens: sharedTokens(sequenceKey(sequence), wanted),
    }));
    const [oldest] = candidates;
    if (oldest === undefined) throw new Error("no sequence is free");
    let best = oldest;
    for (const candidate of candidates) if (candidate.sharedTokens > best.sharedTokens) best = candidate;
    return this.#losesMost(best.sequence, best.sharedTokens) ? oldest : best;
  }
}
