/** With this bias a token is never drawn. */
export const NEVER_BIAS = -100;
export const MAX_BIAS = 100;

/** Added to one token's logit before it is drawn. */
export interface LogitBias {
  readonly tokenId: number;
  /** NEVER_BIAS to MAX_BIAS. */
  readonly bias: number;
}

/** As a caller names it: by id, or by a text that is to be exactly one token, which only the vocabulary can tell. */
export type RequestedBias = LogitBias | { readonly text: string; readonly bias: number };
