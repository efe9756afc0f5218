import type { Channel } from "../../core/piece.js";
import type { ToolCallFragment } from "../../core/tool.js";

/** A stretch of output that can no longer change. `end`: how much of all text that was pushed (UTF-16 units since the start) is settled with this part, markup included. */
export type OutputPart =
  | { readonly type: "text"; readonly channel: Channel; readonly text: string; readonly end: number }
  | { readonly type: "call"; readonly call: ToolCallFragment; readonly end: number };

/** Reads marked up output while it comes. */
export interface PartReader {
  /** Text that follows all text before. @returns what is settled by it, in order; markup is in no part */
  push(text: string): readonly OutputPart[];
  /** No more comes: what was held back, as what it is without more. */
  finish(): readonly OutputPart[];
  /** Whether the text so far ends inside reasoning (or inside its end mark). */
  readonly isReasoning: boolean;
  /** Whole calls so far. */
  readonly calls: number;
  /** True: parallel calls are not allowed and the one call is whole, or the most calls / argument bytes were reached: the output is to end. */
  readonly isOver: boolean;
}
