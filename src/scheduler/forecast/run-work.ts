import type { RunSpec, RunUpdate } from "../../core/engine-messages.js";

/** A generation's run once its input is prepared, as its call submits it. */
export interface PreparedRun {
  /** Everything the engine needs except the run's id. Every field is required, so that the compiler finds one that is forgotten. */
  readonly spec: Required<Omit<RunSpec, "runId">>;
  /** How long the preparation took. */
  readonly prepareMs: number;
  /** When the call's deadline passes, by the scheduler's clock; undefined if it has none. */
  readonly deadlineMs: number | undefined;
  /** The longest that the caller waits in the queue. 0 accepts only a slot that is free at once; undefined leaves the bound to the server. */
  readonly maxWaitMs: number | undefined;
}

/** How much of a run is done, as far as the engine's notices tell, and what bounds the rest. It lives from the run's submission to its end. */
export class RunWork {
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
  /** True if nothing can end the output before its maximum, so that its length is known. */
  readonly exactOutput: boolean;
  readonly timeLimitMs: number;
  /** By the scheduler's clock; Infinity if the call has no deadline. */
  readonly deadlineMs: number;
  #startedAtMs: number | undefined;
  #prefillTokensLeft: number;
  #reprefilledTokens = 0;
  #doneTokens = 0;
  #reusedTokens: number | undefined;
  #generatedTokens = 0;
  #parked = false;
  #ending = false;

  constructor({ spec, deadlineMs }: Pick<PreparedRun, "spec" | "deadlineMs">) {
    const { inputTokens, stopping, format, grammar } = spec;
    this.inputTokens = inputTokens.length;
    this.#prefillTokensLeft = inputTokens.length;
    this.maxOutputTokens = stopping.maxOutputTokens;
    this.exactOutput =
      stopping.ignoreEndOfGeneration &&
      stopping.stopSequences.length === 0 &&
      stopping.stopTokenIds.length === 0 &&
      grammar === undefined &&
      (format === undefined || format.calls.length === 0);
    this.timeLimitMs = stopping.timeLimitMs;
    this.deadlineMs = deadlineMs ?? Infinity;
  }

  /** undefined while the run waits for its first slot. */
  get startedAtMs(): number | undefined {
    return this.#startedAtMs;
  }

  /** The tokens to be prefilled before the run decodes again: the whole input until the engine has told. */
  get prefillTokensLeft(): number {
    return this.#prefillTokensLeft;
  }

  /** The input tokens that a sequence held already; undefined until the engine has told. */
  get reusedTokens(): number | undefined {
    return this.#reusedTokens;
  }

  get generatedTokens(): number {
    return this.#generatedTokens;
  }

  get parked(): boolean {
    return this.#parked;
  }

  /** True once the engine was told to end the run, which then holds its slot only for the rest of the present step. */
  get ending(): boolean {
    return this.#ending;
  }

  end(): void {
    this.#ending = true;
  }

  /** Notes the first start. The return from a preemption changes nothing. */
  start(nowMs: number): void {
    this.#startedAtMs ??= nowMs;
  }

  /** Takes the run's update and returns what the step did for the run. */
  update(update: RunUpdate): { readonly prefillTokens: number; readonly pulled: boolean } {
    const { prefill, decodedTokens, end } = update;
    // The token that ends a run is pulled too, but not counted.
    const pulled = decodedTokens > this.#generatedTokens || end?.outcome.type === "finished";
    let prefillTokens = update.reprefilledTokens - this.#reprefilledTokens;
    this.#reprefilledTokens = update.reprefilledTokens;
    this.#prefillTokensLeft = update.prefillTokensLeft;
    if (prefill !== undefined) {
      this.#reusedTokens = prefill.reusedTokens;
      prefillTokens += prefill.doneTokens - Math.max(this.#doneTokens, prefill.reusedTokens);
      this.#doneTokens = prefill.doneTokens;
    }
    this.#generatedTokens = decodedTokens;
    this.#parked = update.stage === "parked" || update.stage === "preempted";
    return { prefillTokens, pulled };
  }
}
