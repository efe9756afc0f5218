/** How likely the model held a token: natural logarithms of its plain softmax, before anything of the sampling. */
export interface TokenScore {
  readonly logprob: number;
  /** The most likely tokens in its place, the most likely first. */
  readonly top: readonly ScoredToken[];
}

export interface ScoredToken {
  readonly tokenId: number;
  readonly logprob: number;
  /** What it stands for, where the run asked for bytes. */
  readonly tokenBytes?: Uint8Array;
}
