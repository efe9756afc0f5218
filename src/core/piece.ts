import type { ToolCallFragment } from "./tool.js";

/** answer: the caller's. reasoning: what the model thinks aloud before it. */
export type Channel = "answer" | "reasoning";

/**
 * What the engine yields: text that can no longer change, and the tokens it came from. Whole code points, never part of a
 * stop sequence. Text may be empty where tokens stand for none.
 */
export interface Piece {
  readonly text: string;
  /** UTF-8 length of `text`, or of the call's fragment: what is to be sent. */
  readonly textBytes: number;
  /** Whom the text is for. Default: answer. */
  readonly channel?: Channel;
  /** A part of a call, in place of text. */
  readonly call?: ToolCallFragment;
  /** At least one, except in a last piece that only releases held-back text, and where all its text came from the end of a token of an earlier piece. */
  readonly tokenIds: readonly number[];
  /** One for each token, where the run asked for scores. */
  readonly scores?: readonly TokenScore[];
  /** What each token stands for, where the run asked for it. */
  readonly tokenBytes?: readonly Uint8Array[];
}

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
