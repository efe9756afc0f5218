/** A function of the caller's that the model may ask to have called. */
export interface Tool {
  readonly name: string;
  /** A description for the model, which may be empty. */
  readonly description: string;
  /** The JSON Schema of its arguments, which are an object, as JSON text. It goes into the prompt byte for byte. */
  readonly parameters: string;
}

/** Whether the model calls tools. auto: as it likes. required: at least one. named: only this one. */
export type ToolChoice =
  | { readonly type: "auto" }
  | { readonly type: "none" }
  | { readonly type: "required" }
  | { readonly type: "named"; readonly name: string };

/** The tools of a generation, and how it may call them. */
export interface ToolUse {
  /** At least one tool, each name once, in the caller's order. */
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice;
  /** Whether there may be more than one call. */
  readonly parallel: boolean;
}

/** A complete call by the model. */
export interface ToolCall {
  /** Unique in its conversation. */
  readonly id: string;
  readonly name: string;
  /** A JSON object, as the model wrote it. */
  readonly arguments: string;
}

/** The addition of one piece to a call. Fragments of one call follow each other directly, and their joined arguments are the call's. */
export interface ToolCallFragment {
  /** The call's number within the output, from 0. */
  readonly index: number;
  /** Stands with the first fragment of a call alone. */
  readonly head?: { readonly id: string; readonly name: string };
  readonly arguments: string;
}
