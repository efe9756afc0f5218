import type { RunUpdate } from "../../core/engine-messages.js";
import type { PreparedRun } from "./prepared-run.js";

/** How much of a run is done, as far as the wall tells, and what bounds the rest. From its submission to its end. */
export class RunWork {
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
  /** True: nothing can end the output before its maximum, so its length is known. */
  readonly exactOutput: boolean;
  readonly timeLimitMs: number;
  /** By the scheduler's clock; Infinity: none. */
  readonly deadlineMs: number;
  #startedAtMs: number | undefined;
  #prefillTokensLeft: number;
  #reprefilledTokens = 0;
  #doneTokens = 0;
  #reusedTokens: number | undefined;
  #madeTokens = 0;
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

  /** undefined while it waits. */
  get startedAtMs(): number | undefined {
    return this.#startedAtMs;
  }

  /** Tokens that are to be read in before it decodes (on); before the engine has told, the whole input. */
  get prefillTokensLeft(): number {
    return this.#prefillTokensLeft;
  }

  /** Input tokens that were in a sequence already; undefined until the engine has told. */
  get reusedTokens(): number | undefined {
    return this.#reusedTokens;
  }

  get madeTokens(): number {
    return this.#madeTokens;
  }

  get parked(): boolean {
    return this.#parked;
  }

  /** True once the engine was told to end it: it holds its slot no longer than the present step. */
  get ending(): boolean {
    return this.#ending;
  }

  end(): void {
    this.#ending = true;
  }

  /** Coming back after a preemption changes nothing. */
  start(nowMs: number): void {
    this.#startedAtMs ??= nowMs;
  }

  /** @returns what the step did for it. */
  update(update: RunUpdate): { readonly prefillTokens: number; readonly pulled: boolean } {
    const { prefill, decodedTokens, end } = update;
    // A token that ended the run was pulled too, and is not counted.
    const pulled = decodedTokens > this.#madeTokens || end?.outcome.type === "finished";
    let prefillTokens = update.reprefilledTokens - this.#reprefilledTokens;
    this.#reprefilledTokens = update.reprefilledTokens;
    this.#prefillTokensLeft = update.prefillTokensLeft;
    if (prefill !== undefined) {
      this.#reusedTokens = prefill.reusedTokens;
      prefillTokens += prefill.doneTokens - Math.max(this.#doneTokens, prefill.reusedTokens);
      this.#doneTokens = prefill.doneTokens;
    }
    this.#madeTokens = decodedTokens;
    this.#parked = update.stage === "parked" || update.stage === "preempted";
    return { prefillTokens, pulled };
  }
}
