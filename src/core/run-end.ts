import type { FinishReason, StopMatch } from "./finish-reason.js";

/** What a run used, as the engine counted it. Exact however it ended. */
export interface RunTally {
  /** Input tokens whose state was still in the sequence. */
  readonly reusedInputTokens: number;
  /** Every decoded token but the one that ended the run. */
  readonly outputTokens: number;
  /** Those of them that are reasoning, its marks included. Default: none. */
  readonly reasoningTokens?: number;
  /** How often the run gave its sequence up and came back. */
  readonly restarts: number;
  /** The three add up to the time from the run's start to its end. */
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly parkedMs: number;
}

export type RunOutcome =
  | {
      readonly type: "finished";
      readonly reason: FinishReason;
      readonly stopMatch: StopMatch | undefined;
      /** The output ended inside a code point; its bytes are left out of the text. */
      readonly incompleteText: boolean;
    }
  | { readonly type: "cancelled" }
  /** `message` is for the log, never for the client. */
  | { readonly type: "failed"; readonly message: string };

/** A run's last word: nothing about it follows, and its sequence is free. */
export interface RunEnd {
  readonly outcome: RunOutcome;
  readonly tally: RunTally;
}
