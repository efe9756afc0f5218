import type { ErrorCode } from "../../core/generation-error.js";
import type { LoadTotals, GenerationOutcome } from "../../core/load-snapshot.js";

/** Counts what the process has done since it started. The scheduler and its generations add to the counters, which only grow. */
export class LoadCounters {
  #acceptedGenerations = 0;
  readonly #refused = new Map<ErrorCode, number>();
  readonly #ended = new Map<GenerationOutcome, number>();
  #inputTokens = 0;
  #reusedInputTokens = 0;
  #decodedTokens = 0;
  #deliveredTokens = 0;
  #draftTokens = 0;
  #acceptedDraftTokens = 0;
  #preemptions = 0;
  #reprefilledTokens = 0;

  accepted(): void {
    this.#acceptedGenerations += 1;
  }

  refused(code: ErrorCode): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  /** Counts the end of an accepted generation. */
  ended(outcome: GenerationOutcome): void {
    this.#ended.set(outcome, (this.#ended.get(outcome) ?? 0) + 1);
  }

  /** @param inputTokens the tokens by which a prefill has advanced, including reused ones. */
  prefilled(inputTokens: number, reusedTokens: number): void {
    this.#inputTokens += inputTokens;
    this.#reusedInputTokens += reusedTokens;
  }

  decoded(tokens: number): void {
    this.#decodedTokens += tokens;
  }

  delivered(tokens: number): void {
    this.#deliveredTokens += tokens;
  }

  drafted(tokens: number, acceptedTokens: number): void {
    this.#draftTokens += tokens;
    this.#acceptedDraftTokens += acceptedTokens;
  }

  /** Counts a run that has given its slot up. */
  preempted(): void {
    this.#preemptions += 1;
  }

  /** Counts tokens that a returning run had to prefill again. */
  reprefilled(tokens: number): void {
    this.#reprefilledTokens += tokens;
  }

  totals(): LoadTotals {
    return {
      acceptedGenerations: this.#acceptedGenerations,
      refused: new Map(this.#refused),
      ended: new Map(this.#ended),
      inputTokens: this.#inputTokens,
      reusedInputTokens: this.#reusedInputTokens,
      decodedTokens: this.#decodedTokens,
      deliveredTokens: this.#deliveredTokens,
      draftTokens: this.#draftTokens,
      acceptedDraftTokens: this.#acceptedDraftTokens,
      preemptions: this.#preemptions,
      reprefilledTokens: this.#reprefilledTokens,
    };
  }
}
