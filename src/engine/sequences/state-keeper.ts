import type { Clock } from "../../sync/clock.js";
import type { Engine, EngineSequence, SavedState } from "../engine.js";

/** The cost of saving or restoring a token's state before either was measured: 40 and 72 ms for 4,000 tokens of a small model. */
const INITIAL_TOKEN_MS = 0.03;
/** The weight of a new measurement. */
const GAIN = 1 / 4;
/** The share of the measured costs that is left each time a prefill looked cheaper: they may have been measured in a bad moment. */
const FORGIVENESS = 0.95;

export interface StateKeeperOptions {
  readonly engine: Pick<Engine, "save" | "restore">;
  readonly clock: Clock;
  /** Estimates the ms for a prefill of an empty sequence. */
  readonly prefillMs: (tokens: number) => number;
}

/** Saves sequences outside the cache, and judges by measured speed whether that is cheaper than another prefill. */
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

  /** @param gainTokens the number of its tokens that would be prefilled again otherwise */
  isWorthSaving(sequence: EngineSequence, gainTokens: number): boolean {
    if (sequence.length === 0) return false;
    if ((this.#saveTokenMs + this.#restoreTokenMs) * sequence.length < this.#prefillMs(gainTokens)) return true;
    this.#saveTokenMs *= FORGIVENESS;
    this.#restoreTokenMs *= FORGIVENESS;
    return false;
  }

  /** @param gainTokens the number of its tokens that would be prefilled again otherwise */
  isWorthRestoring(state: SavedState, gainTokens: number): boolean {
    return this.#restoreTokenMs * state.tokenIds.length < this.#prefillMs(gainTokens);
  }

  /** @returns undefined if there is no room */
  async save(sequence: EngineSequence): Promise<SavedState | undefined> {
    const startedMs = this.#clock.nowMs();
    const state = await this.#engine.save(sequence);
    const tokenMs = (this.#clock.nowMs() - startedMs) / sequence.length;
    if (state !== undefined) this.#saveTokenMs += GAIN * (tokenMs - this.#saveTokenMs);
    return state;
  }

  /** @returns false if it can't be had; the sequence is empty then */
  async restore(sequence: EngineSequence, state: SavedState): Promise<boolean> {
    const startedMs = this.#clock.nowMs();
    const restored = await this.#engine.restore(sequence, state);
    const tokenMs = (this.#clock.nowMs() - startedMs) / state.tokenIds.length;
    if (restored) this.#restoreTokenMs += GAIN * (tokenMs - this.#restoreTokenMs);
    return restored;
  }
}
