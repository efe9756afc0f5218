/** A function of the caller's that the model may ask to have called. */
export interface Tool {
  readonly name: string;
  /** What it does, in words for the model; may be empty. */
  readonly description: string;
  /** The JSON Schema of its arguments, an object's, as JSON text: byte for byte what goes into the prompt. */
  readonly parameters: string;
}

/** Whether the model calls. auto: as it likes. required: at least one of them. named: just this one. */
export type ToolChoice =
  | { readonly type: "auto" }
  | { readonly type: "none" }
  | { readonly type: "required" }
  | { readonly type: "named"; readonly name: string };

/** What a generation may call. */
export interface ToolUse {
  /** At least one, each name once, in the caller's order. */
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice;
  /** Whether there may be more than one call. */
  readonly parallel: boolean;
}

/** A call that the model has made, whole. */
export interface ToolCall {
  /** Unique in its conversation. */
  readonly id: string;
  readonly name: string;
  /** A JSON object, as the model wrote it. */
  readonly arguments: string;
}

/** What one piece adds to a call. Fragments of one call follow each other directly; joined, their arguments are the call's. */
export interface ToolCallFragment {
  /** 0, 1, 2 … within the output. */
  readonly index: number;
  /** With a call's first fragment alone. */
  readonly head?: { readonly id: string; readonly name: string };
  readonly arguments: string;
}
