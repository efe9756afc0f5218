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
