import type { PrefillProgress } from "../../core/engine-messages.js";
import type { GenerationState, Timings, Usage } from "../../core/generation-report.js";
import type { Piece } from "../../core/piece.js";
import type { RunTally } from "../../core/run-end.js";
import type { LoadCounters } from "./load-counters.js";

/** How a generation left after something ended it from outside: its caller, its deadline, a slow reader or the server. */
export interface Departure {
  /** The state in which the generation was aborted. */
  readonly endedIn: GenerationState;
  /** The time from the abort until nothing of the generation was held any more. */
  readonly releaseMs: number;
  /** How long the engine's step that was in progress lasted, up to the end of the run; 0 if there was none. */
  readonly stepMs: number;
}

type RunMs = Pick<RunTally, "prefillMs" | "decodeMs" | "parkedMs">;

/**
 * One generation's tokens and times. While the run lasts, the account times its phases as their steps arrive; at the end, the engine's own tally
 * replaces these times. The account adds tokens to the server's counters as they come.
 */
export class GenerationAccount {
  readonly openedAtMs: number;
  readonly #totals: LoadCounters;
  #inputTokens = 0;
  #chargedInputTokens = 0;
  #prefilledTokens = 0;
  #reusedTokens = 0;
  #outputTokens = 0;
  #reasoningTokens = 0;
  #deliveredTokens = 0;
  #reprefilledTokens = 0;
  #restarts = 0;
  #wasPreempted = false;
  #hasRun = false;
  #state: GenerationState = "preparing";
  #stateSinceMs: number;
  #prepareMs = 0;
  #runMs: RunMs = { prefillMs: 0, decodeMs: 0, parkedMs: 0 };
  #tallied = false;
  #firstChunkAtMs: number | undefined;
  #endedAtMs: number | undefined;
  #left: { readonly endedIn: GenerationState; readonly atMs: number } | undefined;
  #lastStepMs = 0;

  constructor(openedAtMs: number, totals: LoadCounters) {
    this.openedAtMs = openedAtMs;
    this.#stateSinceMs = openedAtMs;
    this.#totals = totals;
  }

  get inputTokens(): number {
    return this.#inputTokens;
  }

  /** The input tokens that the quota of the tenant was charged; 0 for a generation that was never admitted. */
  get chargedInputTokens(): number {
    return this.#chargedInputTokens;
  }

  get outputTokens(): number {
    return this.#outputTokens;
  }

  /** True once the generation has had a slot. */
  get hasRun(): boolean {
    return this.#hasRun;
  }

  /** How often the run gave its slot up and returned. */
  get restarts(): number {
    return this.#restarts;
  }

  submitted(inputTokens: number, prepareMs: number): void {
    this.#inputTokens = inputTokens;
    this.#prepareMs = prepareMs;
  }

  /** Notes what the quota of the tenant was charged for the input. */
  charged(inputTokens: number): void {
    this.#chargedInputTokens = inputTokens;
  }

  enter(state: GenerationState, nowMs: number): void {
    if (state === this.#state) return;
    this.#runMs = this.#runMsUntil(nowMs);
    this.#state = state;
    this.#stateSinceMs = nowMs;
    if (state === "prefilling") this.#hasRun = true;
    if (state === "ended") this.#endedAtMs = nowMs;
  }

  /** Notes an abort, before the state changes. Later calls change nothing. */
  leave(nowMs: number): void {
    this.#left ??= { endedIn: this.#state, atMs: nowMs };
  }

  /** Notes how long the step took with which the latest update came. */
  stepped(stepMs: number): void {
    this.#lastStepMs = stepMs;
  }

  /** undefined until the generation has ended, and for a generation that came to its own end. */
  departure(): Departure | undefined {
    if (this.#left === undefined || this.#endedAtMs === undefined) return undefined;
    const { endedIn, atMs } = this.#left;
    const releaseMs = Math.max(0, this.#endedAtMs - atMs);
    return { endedIn, releaseMs, stepMs: this.#lastStepMs };
  }

  inStateMs(nowMs: number): number {
    return nowMs - this.#stateSinceMs;
  }

  prefilled(progress: PrefillProgress): void {
    this.#totals.prefilled(progress.doneTokens - this.#prefilledTokens, progress.reusedTokens - this.#reusedTokens);
    this.#prefilledTokens = progress.doneTokens;
    this.#reusedTokens = progress.reusedTokens;
  }

  /** @param tokens the total since the run's start. */
  decoded(tokens: number): void {
    this.#totals.decoded(tokens - this.#outputTokens);
    this.#outputTokens = tokens;
  }

  /** Counts the reasoning tokens among the pieces that the run has posted. */
  wrote(pieces: readonly Piece[]): void {
    for (const { channel, tokenIds } of pieces) {
      if (channel === "reasoning") this.#reasoningTokens += tokenIds.length;
    }
  }

  /** @param tokens the total since the run's start. */
  reprefilled(tokens: number): void {
    this.#totals.reprefilled(tokens - this.#reprefilledTokens);
    this.#reprefilledTokens = tokens;
  }

  /** True once the run has given its slot up. */
  get wasPreempted(): boolean {
    return this.#wasPreempted;
  }

  preempted(): void {
    this.#wasPreempted = true;
    this.#totals.preempted();
  }

  /** @param tokens the total since the output's start. A total below the one before changes nothing. */
  deliveredTo(tokens: number): void {
    if (tokens <= this.#deliveredTokens) return;
    this.#totals.delivered(tokens - this.#deliveredTokens);
    this.#deliveredTokens = tokens;
  }

  /** Takes the engine's own counts and times, which are final. */
  settle(tally: RunTally): void {
    this.decoded(tally.outputTokens);
    this.#reasoningTokens = tally.reasoningTokens ?? 0;
    // A run may end before its first progress. Its reused tokens count as done all the same.
    const reusedTokens = tally.reusedInputTokens;
    this.prefilled({
      doneTokens: Math.max(this.#prefilledTokens, reusedTokens),
      totalTokens: this.#inputTokens,
      reusedTokens,
    });
    this.#restarts = tally.restarts;
    this.#runMs = tally;
    this.#tallied = true;
  }

  /** Notes when the first chunk was handed to the writer. Later calls change nothing. */
  firstChunk(nowMs: number): void {
    this.#firstChunkAtMs ??= nowMs;
  }

  usage(): Usage {
    return {
      inputTokens: this.#inputTokens,
      reusedInputTokens: this.#reusedTokens,
      outputTokens: this.#outputTokens,
      reasoningTokens: this.#reasoningTokens,
      deliveredTokens: this.#deliveredTokens,
    };
  }

  timings(nowMs: number): Timings {
    const { prefillMs, decodeMs, parkedMs } = this.#runMsUntil(nowMs);
    const claimedMs = this.#prepareMs + prefillMs + decodeMs + parkedMs;
    // Another thread's clock times the run. Rounding must not make the parts more than the whole.
    const totalMs = Math.max(claimedMs, (this.#endedAtMs ?? nowMs) - this.openedAtMs);
    return {
      queueMs: totalMs - claimedMs,
      prepareMs: this.#prepareMs,
      prefillMs,
      decodeMs,
      parkedMs,
      totalMs,
      timeToFirstTokenMs: this.#firstChunkAtMs === undefined ? undefined : this.#firstChunkAtMs - this.openedAtMs,
    };
  }

  #runMsUntil(nowMs: number): RunMs {
    if (this.#tallied) return this.#runMs;
    const { prefillMs, decodeMs, parkedMs } = this.#runMs;
    const sinceMs = nowMs - this.#stateSinceMs;
    switch (this.#state) {
      case "prefilling":
        return { prefillMs: prefillMs + sinceMs, decodeMs, parkedMs };
      case "running":
        return { prefillMs, decodeMs: decodeMs + sinceMs, parkedMs };
      case "parked":
      case "preempted":
        return { prefillMs, decodeMs, parkedMs: parkedMs + sinceMs };
      case "preparing":
      case "waiting":
      case "ended":
        return { prefillMs, decodeMs, parkedMs };
    }
  }
}
