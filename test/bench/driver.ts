/** Equal work for both sides: a prompt, a number of output tokens, greedy, end-of-turn ignored, nothing reused from earlier prompts. */
export interface Work {
  readonly prompt: string;
  readonly outputTokens: number;
}

/** What the client saw of one streamed generation. Times in ms since the call was opened. */
export interface Observation {
  readonly outputTokens: number;
  readonly firstTokenMs: number;
  readonly totalMs: number;
  /** Gaps between two arrivals of text, in ms. */
  readonly gapsMs: readonly number[];
}

/** One side of a comparison, driven over its own protocol. */
export interface Driver {
  readonly name: string;
  /** @throws Error where the server did other work than asked for. */
  generate(work: Work): Promise<Observation>;
}
