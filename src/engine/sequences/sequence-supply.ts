import type { EngineSequence, SequenceLease } from "../engine.js";
import { PrefixShelf, type ShelvedPrefix } from "./prefix-shelf.js";
import type { Run } from "../run/run.js";
import { SequencePool } from "./sequence-pool.js";
import { sharedLength } from "./shared-length.js";
import type { StateKeeper } from "./state-keeper.js";

/** A shorter beginning is read in again: one chunk of the least size that reads fast. */
const LEAST_GAIN_TOKENS = 64;

/**
 * Gets each run a sequence that holds as much of its tokens as can be had without reading: from a free sequence, from the shelf of saved
 * beginnings, or from the sequence of a run that goes on. So callers with the same system prompt have it read in once. Belongs to the step loop,
 * and is used between steps.
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
      rescue: (sequence, tokens) => this.#rescue(sequence, tokens),
    });
  }

  get hasFree(): boolean {
    return this.#pool.hasFree;
  }

  /** The run that is reading the same beginning in at this moment, and is to be waited for: a copy will be there sooner. */
  leaderOf(run: Run, others: Iterable<Run>): Run | undefined {
    const tokens = run.neededTokens;
    let atLeast = this.#heldTokens(run, tokens) + LEAST_GAIN_TOKENS;
    let leader: Run | undefined;
    for (const other of others) {
      if (other === run || other.state.type !== "prefilling" || !other.hasSequence) continue;
      const sharedTokens = usefulLength(other.neededTokens, tokens);
      if (sharedTokens < atLeast || other.position >= sharedTokens) continue;
      atLeast = sharedTokens + 1;
      leader = other;
    }
    return leader;
  }

  /** Whether a leader has nothing more to be waited for. */
  hasArrived(leader: Run, run: Run): boolean {
    if (leader.state.type !== "prefilling" || !leader.hasSequence) return true;
    return leader.position >= usefulLength(leader.neededTokens, run.neededTokens);
  }

  /** @param others whose sequences may hold the same beginning @throws Error when no sequence is free */
  async lease(run: Run, others: Iterable<Run>): Promise<SequenceLease> {
    const tokens = run.neededTokens;
    await this.#copyFrom(others, tokens, this.#heldTokens(run, tokens));
    return await this.#pool.lease(tokens, { saved: this.#best(run, tokens), comesBack: run.spec.comesBack });
  }

  /** A sequence for the input of a check, which shares nothing with any other. @throws Error when no sequence is free */
  async leaseFor(tokens: Uint32Array): Promise<SequenceLease> {
    return await this.#pool.lease(tokens);
  }

  /** Keeps what a preempted run's sequence holds, if that is cheaper than reading it in again. */
  async save(sequence: EngineSequence): ReturnType<StateKeeper["save"]> {
    return await this.#saved(sequence, sequence.length);
  }

  [Symbol.dispose](): void {
    this.#shelf[Symbol.dispose]();
  }

  /** The longest beginning that can be had without another run's sequence. */
  #heldTokens(run: Run, tokens: Uint32Array): number {
    return Math.max(this.#pool.sharedTokens(tokens), this.#best(run, tokens)?.sharedTokens ?? 0);
  }

  /** What the run itself had saved, or the shelf: whichever has more, and is worth the loading. */
  #best(run: Run, tokens: Uint32Array): ShelvedPrefix | undefined {
    const own = run.saved === undefined ? undefined : { state: run.saved, sharedTokens: run.saved.tokenIds.length };
    const shelved = this.#shelf.find(tokens);
    const best = (shelved?.sharedTokens ?? 0) > (own?.sharedTokens ?? 0) ? shelved : own;
    if (best === undefined || !this.#keeper.isWorthRestoring(best.state, best.sharedTokens)) return undefined;
    return best;
  }

  /** Puts on the shelf what another run's sequence holds of the tokens, where it is much more than `heldTokens`. */
  async #copyFrom(others: Iterable<Run>, tokens: Uint32Array, heldTokens: number): Promise<void> {
    let source: EngineSequence | undefined;
    let mostTokens = heldTokens + LEAST_GAIN_TOKENS - 1;
    for (const other of others) {
      if (!other.hasSequence) continue;
      const sharedTokens = usefulLength(other.sequence.tokens(), tokens);
      if (sharedTokens <= mostTokens) continue;
      mostTokens = sharedTokens;
      source = other.sequence;
    }
    if (source !== undefined) await this.#shelve(source, mostTokens - heldTokens);
  }

  async #rescue(sequence: EngineSequence, tokens: number): Promise<void> {
    if (tokens < LEAST_GAIN_TOKENS) return;
    const beginning = Uint32Array.from(sequence.tokens().slice(0, tokens));
    if ((this.#shelf.find(beginning)?.sharedTokens ?? 0) >= tokens) return;
    await sequence.trim(tokens);
    await this.#shelve(sequence, sequence.length);
  }

  async #shelve(sequence: EngineSequence, gainTokens: number): Promise<void> {
    const state = await this.#saved(sequence, gainTokens);
    if (state !== undefined) this.#shelf.put(state);
  }

  /** Room that the shelf takes up is given to what is needed now. */
  async #saved(sequence: EngineSequence, gainTokens: number): ReturnType<StateKeeper["save"]> {
    if (!this.#keeper.isWorthSaving(sequence, gainTokens)) return undefined;
    for (;;) {
      const state = await this.#keeper.save(sequence);
      if (state !== undefined || !this.#shelf.dropOldest()) return state;
    }
  }
}

/** At least one token of an input is left to evaluate. */
function usefulLength(held: ArrayLike<number>, tokens: Uint32Array): number {
  return Math.min(sharedLength(held, tokens), tokens.length - 1);
}
