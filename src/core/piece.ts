import type { Limits } from "./limits.js";

/** answer: text for the caller. reasoning: the model's thinking before it. */
export type Channel = "answer" | "reasoning";

/**
 * The engine's unit of output: text that can no longer change, and the tokens it came from. The text is whole code points and never part of a stop
 * sequence. It is empty if the tokens have none.
 */
export interface Piece {
  readonly text: string;
  /** The UTF-8 bytes of `text`, or of the call's fragment, that are sent. */
  readonly textBytes: number;
  /** Default: answer. */
  readonly channel?: Channel;
  /** The fragment of a call, in place of text. */
  readonly call?: ToolCallFragment;
  /** At least one token, except in a last piece that only releases held-back text, and where all text came from the end of a token of an earlier piece. */
  readonly tokenIds: readonly number[];
  /** One score for each token, if the run asked for scores. */
  readonly scores?: readonly TokenScore[];
  /** The bytes of each token's text, if the run asked for them. */
  readonly tokenBytes?: readonly Uint8Array[];
}

/** The addition of one piece to a call. Fragments of one call follow each other directly, and their joined arguments are the call's. */
export interface ToolCallFragment {
  /** The call's number within the output, from 0. */
  readonly index: number;
  /** Stands with the first fragment of a call alone. */
  readonly head?: { readonly id: string; readonly name: string };
  readonly arguments: string;
}

/** A token's likelihood by the model: natural logarithms of the plain softmax, before any sampling. */
export interface TokenScore {
  readonly logprob: number;
  /** The most likely tokens at its position, the most likely first. */
  readonly top: readonly ScoredToken[];
}

export interface ScoredToken {
  readonly tokenId: number;
  readonly logprob: number;
  /** The bytes of the token's text, if the run asked for them. */
  readonly tokenBytes?: Uint8Array;
}

/**
 * The right of the engine to post more pieces of a run. The engine spends it with each piece, and gets it back once the reader's HTTP/2 window has taken the
 * message that carried the piece. A run that has no pieces or no bytes left is parked.
 */
export interface Credit {
  readonly pieces: number;
  /** UTF-8 bytes of text. The last piece may overdraw them by its own length. */
  readonly bytes: number;
}

/** The credit with which a run begins, and the most that it ever has. */
export function creditWindow({ creditPieces, creditBytes }: Pick<Limits, "creditPieces" | "creditBytes">): Credit {
  return { pieces: creditPieces, bytes: creditBytes };
}
