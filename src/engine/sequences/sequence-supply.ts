import type { EngineSequence, SequenceLease } from "../engine.js";
import {
  type CacheKey,
  commonTokens,
  PrefixShelf,
  reusableTokens,
  runKey,
  sequenceKey,
  sharedTokens,
  type ShelvedPrefix,
} from "./prefix-shelf.js";
import type { Run } from "../run/run.js";
import type { StateKeeper } from "./state-keeper.js";

/** The fewest tokens that a copy has to spare: one chunk of the least size that is prefilled fast. A shorter beginning is prefilled again. */
const LEAST_GAIN_TOKENS = 64;

/**
 * Gets each run a sequence that holds as many of its tokens as can be had without a prefill: from a free sequence, from the shelf of saved
 * beginnings, or from the sequence of a run that goes on. Callers with the same system prompt have it prefilled once by that. Belongs to the step
 * loop, and is used between steps.
 */
export class SequenceSupply implements Disposable {
  readonly #pool: SequencePool;
  readonly #keeper: StateKeeper;
  readonly #shelf = new PrefixShelf();

  constructor(sequences: readonly EngineSequence[], keeper: StateKeeper) {
    this.#keeper = keeper;
    this.#pool = new SequencePool({
      sequences,
      restore: (sequence, state) => keeper.restore(sequence, state),
      rescue: (rescued) => this.#rescue(rescued),
    });
  }

  get hasFree(): boolean {
    return this.#pool.hasFree;
  }

  /** Finds the run that is prefilling the same beginning at this moment. A copy of its state is there sooner than a second prefill would be. */
  leaderOf(run: Run, others: Iterable<Run>): Run | undefined {
    const wanted = runKey(run);
    let atLeast = this.#heldTokens(run, wanted) + LEAST_GAIN_TOKENS;
    let leader: Run | undefined;
    for (const other of others) {
      if (other === run || other.state.type !== "prefilling" || !other.hasSequence) continue;
      const shared = reusableTokens(runKey(other), wanted);
      if (shared < atLeast || other.position >= shared) continue;
      atLeast = shared + 1;
      leader = other;
    }
    return leader;
  }

  /** Whether a leader has prefilled all that it shares with the run, or prefills no more. */
  hasArrived(leader: Run, run: Run): boolean {
    if (leader.state.type !== "prefilling" || !leader.hasSequence) return true;
    return leader.position >= reusableTokens(runKey(leader), runKey(run));
  }

  /** @param others the runs whose sequences may hold the same beginning @throws Error if no sequence is free */
  async lease(run: Run, others: Iterable<Run>): Promise<SequenceLease> {
    const wanted = runKey(run);
    await this.#copyFrom(others, wanted, this.#heldTokens(run, wanted));
    return await this.#pool.lease(wanted, { saved: this.#best(run, wanted), comesBack: run.spec.comesBack });
  }

  /** Leases a sequence for the input of a check, which shares nothing with any run. @throws Error if no sequence is free */
  async leaseFor(tokens: Uint32Array): Promise<SequenceLease> {
    return await this.#pool.lease({ scope: undefined, tokens });
  }

  /** Saves the sequence of a run that is preempted, if that is cheaper than a second prefill. */
  async save(sequence: EngineSequence): ReturnType<StateKeeper["save"]> {
    return await this.#saved(sequence, sequence.length);
  }

  [Symbol.dispose](): void {
    this.#shelf[Symbol.dispose]();
  }

  /** Counts the tokens of the longest beginning that can be had without another run's sequence. */
  #heldTokens(run: Run, wanted: CacheKey): number {
    return Math.max(this.#pool.sharedTokens(wanted), this.#best(run, wanted)?.sharedTokens ?? 0);
  }

  /** Finds the saved state, the run's own or one from the shelf, that shares the longest beginning. @returns undefined if it is not worth the loading */
  #best(run: Run, wanted: CacheKey): ShelvedPrefix | undefined {
    const { saved } = run;
    const own = saved && { state: saved, sharedTokens: commonTokens(saved.tokenIds, wanted.tokens) };
    const shelved = this.#shelf.find(wanted);
    const best = (shelved?.sharedTokens ?? 0) > (own?.sharedTokens ?? 0) ? shelved : own;
    if (best === undefined || !this.#keeper.isWorthRestoring(best.state, best.sharedTokens)) return undefined;
    return best;
  }

  /** Puts the state of another run's sequence on the shelf, if it spares many more tokens than the `heldTokens`. */
  async #copyFrom(others: Iterable<Run>, wanted: CacheKey, heldTokens: number): Promise<void> {
    const { scope } = wanted;
    if (scope === undefined) return;
    let source: EngineSequence | undefined;
    let mostTokens = heldTokens + LEAST_GAIN_TOKENS - 1;
    for (const other of others) {
      if (!other.hasSequence) continue;
      const shared = reusableTokens(sequenceKey(other.sequence, other.spec.cacheScope), wanted);
      if (shared <= mostTokens) continue;
      mostTokens = shared;
      source = other.sequence;
    }
    if (source !== undefined) await this.#shelve({ sequence: source, scope, gainTokens: mostTokens - heldTokens });
  }

  async #rescue({ sequence, tokens, scope }: RescuedBeginning): Promise<void> {
    if (tokens < LEAST_GAIN_TOKENS) return;
    const beginning = { scope, tokens: sequence.tokens().slice(0, tokens) };
    if ((this.#shelf.find(beginning)?.sharedTokens ?? 0) >= tokens) return;
    await sequence.trim(tokens);
    await this.#shelve({ sequence, scope, gainTokens: sequence.length });
  }

  async #shelve(shelved: { sequence: EngineSequence; scope: string; gainTokens: number }): Promise<void> {
    const state = await this.#saved(shelved.sequence, shelved.gainTokens);
    if (state !== undefined) this.#shelf.put(state, shelved.scope);
  }

  /** Saves a sequence if that is worth it. The shelf gives up its room for it. */
  async #saved(sequence: EngineSequence, gainTokens: number): ReturnType<StateKeeper["save"]> {
    if (!this.#keeper.isWorthSaving(sequence, gainTokens)) return undefined;
    for (;;) {
      const state = await this.#keeper.save(sequence);
      if (state !== undefined || !this.#shelf.dropOldest()) return state;
    }
  }
}

export interface SequencePoolOptions {
  readonly sequences: readonly EngineSequence[];
  /** Loads a saved state into a sequence. @returns false if it can't be had; the sequence is empty then */
  readonly restore: (sequence: EngineSequence, state: ShelvedPrefix["state"]) => Promise<boolean>;
  /** Saves the beginning of a sequence that is about to lose it although another prompt is likely to need it. May cut the sequence back to it. */
  readonly rescue: (beginning: RescuedBeginning) => Promise<void>;
}

/** The first `tokens` of a sequence. */
export interface RescuedBeginning {
  readonly sequence: EngineSequence;
  readonly tokens: number;
  /** The scope of the run that filled the sequence. */
  readonly scope: string;
}

interface LeftBehind {
  /** The scope of the run. undefined: nobody may reuse anything. */
  readonly scope: string | undefined;
  /** The tokens at the beginning that more than one run has used. */
  readonly provenTokens: number;
  /** Whether another prompt is likely to begin with all that the sequence holds. */
  readonly comesBack: boolean;
}

/**
 * Hands out the engine's sequences, each to one run at a time. A free sequence keeps its tokens, so that a prompt of the same scope with the same
 * beginning is not prefilled again.
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
    return this.#free.reduce((most, sequence) => Math.max(most, sharedTokens(this.#keyOf(sequence), wanted)), 0);
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
    this.#left.set(sequence, { scope: wanted.scope, provenTokens: reusedTokens, comesBack });
    return { sequence, reusedTokens, [Symbol.dispose]: this.#returnOnce(sequence, wanted.scope) };
  }

  async #rescue(sequence: EngineSequence, keptTokens: number): Promise<void> {
    const { scope, provenTokens = 0 } = this.#left.get(sequence) ?? {};
    if (scope === undefined) return;
    if (this.#losesMost(sequence, keptTokens)) {
      await this.#options.rescue({ sequence, tokens: sequence.length, scope });
      return;
    }
    if (provenTokens > keptTokens && provenTokens <= sequence.length)
      await this.#options.rescue({ sequence, tokens: provenTokens, scope });
  }

  /** Whether the sequence would lose most of its tokens, although another prompt is likely to begin with them. */
  #losesMost(sequence: EngineSequence, keptTokens: number): boolean {
    return this.#left.get(sequence)?.comesBack === true && 2 * keptTokens < sequence.length;
  }

  /** The key of what a free sequence holds. */
  #keyOf(sequence: EngineSequence): CacheKey {
    return sequenceKey(sequence, this.#left.get(sequence)?.scope);
  }

  /** Returns the sequence to the end of the free ones. One that nobody may reuse goes to their beginning, and is overwritten first. */
  #returnOnce(sequence: EngineSequence, scope: string | undefined): () => void {
    let leased = true;
    return () => {
      if (!leased) return;
      leased = false;
      if (scope === undefined) this.#free.unshift(sequence);
      else this.#free.push(sequence);
    };
  }

  #choose(wanted: CacheKey): { sequence: EngineSequence; sharedTokens: number } {
    const candidates = this.#free.map((sequence) => ({
      sequence,
      sharedTokens: sharedTokens(this.#keyOf(sequence), wanted),
    }));
    const [oldest] = candidates;
    if (oldest === undefined) throw new Error("no sequence is free");
    let best = oldest;
    for (const candidate of candidates) if (candidate.sharedTokens > best.sharedTokens) best = candidate;
    return this.#losesMost(best.sequence, best.sharedTokens) ? oldest : best;
  }
}
