/** The end of a run. Nothing about the run follows, and its sequence is free. */
export interface RunEnd {
  readonly outcome: RunOutcome;
  readonly tally: RunTally;
}

export type RunOutcome =
  | {
      readonly type: "finished";
      readonly reason: FinishReason;
      readonly stopMatch: StopMatch | undefined;
      /** True if the output ended inside a code point, whose bytes are left out of the text. */
      readonly incompleteText: boolean;
    }
  | { readonly type: "cancelled" }
  /** `message` is for the log, never for the client. */
  | { readonly type: "failed"; readonly message: string };

/** The reason why the *model* stopped. A cancel, a deadline or a fault is a status, never a finish reason. */
export const FINISH_REASONS = [
  "end_of_turn",
  "stop_sequence",
  "stop_token",
  "max_tokens",
  "context_length",
  "time_limit",
  "tool_calls",
  "constraint_complete",
  "repetition",
  "cancelled_softly",
] as const;

export type FinishReason = (typeof FINISH_REASONS)[number];

/** The stop sequence or the stop token that ended a run. */
export type StopMatch =
  { readonly type: "sequence"; readonly text: string } | { readonly type: "token"; readonly tokenId: number };

/** The tokens and the time that a run used, as the engine counted them. They are exact however the run ended. */
export interface RunTally {
  /** The input tokens whose state was still in the sequence. */
  readonly reusedInputTokens: number;
  /** Every decoded token except the one that ended the run. */
  readonly outputTokens: number;
  /** The output tokens of the reasoning, including its marks. Default: none. */
  readonly reasoningTokens?: number;
  /** How often the run gave its sequence up and returned. */
  readonly restarts: number;
  /** prefillMs, decodeMs and parkedMs add up to the time from the run's start to its end. */
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly parkedMs: number;
}
