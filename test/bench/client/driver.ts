/** Equal work for both sides: a prompt, a number of output tokens, greedy, end of turn ignored; or what a schema forces, where it ends by itself. */
export interface Work {
  readonly prompt: string;
  readonly outputTokens: number;
  /** The server may use what it holds of earlier prompts. Default: every token of the prompt is read in. */
  readonly mayReuse?: boolean;
  /** JSON Schema as text: the output is held to it, and `outputTokens` is the most it may take. */
  readonly schema?: string | undefined;
  /** Of Rill alone: each token is scored, and so many of the likeliest are told. Default: none is. */
  readonly logprobs?: number | undefined;
}

/** What the server said at the end of a generation. */
export interface Ending {
  readonly inputTokens: number;
  /** Where the server tells the times of its own. */
  readonly served?: ServedTimes;
}

export interface ServedTimes {
  /** From the call's arrival until it was ready to run. */
  readonly prepareMs: number;
  /** In the queue for a slot. */
  readonly queueMs: number;
  /** All of it. */
  readonly totalMs: number;
}

/** One side of a comparison, driven over its own protocol. Lives in the client's process. Disposing closes its connections. */
export interface Driver extends Disposable {
  /**
   * @param onTokens called for each arrival of text with the tokens it stands for
   * @throws Error where the call fails, or the server reused what it should not
   */
  generate(work: Work, onTokens: (tokens: number) => void): Promise<Ending>;
}
