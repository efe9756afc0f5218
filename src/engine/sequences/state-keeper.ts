import type { Clock } from "../../sync/clock.js";
import type { Engine, EngineSequence, SavedState } from "../engine.js";

/** Saving and restoring a token's state before either was measured: 40 and 72 ms for 4,000 tokens of a small model. */
const INITIAL_TOKEN_MS = 0.03;
/** Weight of a new measurement. */
const GAIN = 1 / 4;
/** Each time that reading in again looked cheaper, the price of saving is forgotten by so much: it may have been a bad moment. */
const FORGIVENESS = 0.95;

export interface StateKeeperOptions {
  readonly engine: Pick<Engine, "save" | "restore">;
  readonly clock: Clock;
  /** Estimated ms to read so many tokens into an empty sequence. */
  readonly prefillMs: (tokens: number) => number;
}

/** Keeps what sequences hold outside the cache, and knows by measured speed whether that is cheaper than reading it in again. */
export class StateKeeper {
  readonly #engine: Pick<Engine, "save" | "restore">;
  readonly #clock: Clock;
  readonly #prefillMs: (tokens: number) => number;
  #saveTokenMs = INITIAL_TOKEN_MS;
  #restoreTokenMs = INITIAL_TOKEN_MS;

  constructor(options: StateKeeperOptions) {
    this.#engine = options.engine;
    this.#clock = options.clock;
    this.#prefillMs = options.prefillMs;
  }

  /** @param gainTokens how many of its tokens would be read in again otherwise */
  isWorthSaving(sequence: EngineSequence, gainTokens: number): boolean {
    if (sequence.length === 0) return false;
    if ((this.#saveTokenMs + this.#restoreTokenMs) * sequence.length < this.#prefillMs(gainTokens)) return true;
    this.#saveTokenMs *= FORGIVENESS;
    this.#restoreTokenMs *= FORGIVENESS;
    return false;
  }

  /** @param gainTokens how many of its tokens would be read in again otherwise */
  isWorthRestoring(state: SavedState, gainTokens: number): boolean {
    return this.#restoreTokenMs * state.tokenIds.length < this.#prefillMs(gainTokens);
  }

  /** @returns undefined where there is no room */
  async save(sequence: EngineSequence): Promise<SavedState | undefined> {
    const startedMs = this.#clock.nowMs();
    const state = await this.#engine.save(sequence);
    const tokenMs = (this.#clock.nowMs() - startedMs) / sequence.length;
    if (state !== undefined) this.#saveTokenMs += GAIN * (tokenMs - this.#saveTokenMs);
    return state;
  }

  /** @returns false: it can't be had, and the sequence is empty */
  async restore(sequence: EngineSequence, state: SavedState): Promise<boolean> {
    const startedMs = this.#clock.nowMs();
    const restored = await this.#engine.restore(sequence, state);
    const tokenMs = (this.#clock.nowMs() - startedMs) / state.tokenIds.length;
    if (restored) this.#restoreTokenMs += GAIN * (tokenMs - this.#restoreTokenMs);
    return restored;
  }
}
