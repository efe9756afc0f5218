/**
 * How a model marks what it puts out: told by its chat template on the prepare worker, read by the output reader of the engine. Markup is text; where a
 * control token spells it, that token means the same.
 */
export interface OutputFormat {
  /** undefined: nothing is read as reasoning. */
  readonly reasoning: ReasoningSyntax | undefined;
  /** What calls may look like; the first is what calls are forced into. Empty: nothing is read as a call. */
  readonly calls: readonly CallSyntax[];
  /** Names that a call must have to be one. Empty where `calls` is. */
  readonly toolNames: readonly string[];
  /** False: the output ends with its first call. */
  readonly parallelCalls: boolean;
  /** The output ends with this many calls; at least 1. */
  readonly maxCalls: number;
  /** UTF-8 bytes that the arguments of all calls may have together; the output ends where there would be more. */
  readonly maxArgumentBytes: number;
  /** Markup that frames the answer itself and is no part of it, such as harmony's `<|channel|>final<|message|>`. Default: none. */
  readonly frames?: readonly string[];
}

/** Reasoning lies between two marks. Blanks next to either mark belong to neither text. */
export interface ReasoningSyntax {
  readonly begin: string;
  readonly end: string;
  /** What `end` is in tokens, for when the engine has to put it. */
  readonly endTokens: readonly number[];
  /** True: the prompt has opened it already, so the output begins with it. */
  readonly isOpen: boolean;
}

/**
 * One way to write calls: section begin, calls, section end. White space is free between any two parts, and every part may be the empty text; but what a
 * call begins with must tell it from text, or be `{` or `[` at the very beginning of the answer. Blanks at either end of a mark are only written, never
 * asked for. End marks may be missing, and so may the section's where `begin` is not empty.
 */
export interface CallSyntax {
  /** Before the first call, such as `<｜tool▁calls▁begin｜>`. */
  readonly sectionBegin: string;
  /** After the last one. */
  readonly sectionEnd: string;
  readonly body: CallBody;
}

export type CallBody =
  /** Each call is a JSON object with the name and the arguments among its members, between `begin` and `end`. */
  | {
      readonly type: "object";
      readonly begin: string;
      readonly end: string;
      readonly separator: string;
      readonly keys: CallKeys;
    }
  /** All calls are the elements of one JSON array. */
  | { readonly type: "array"; readonly keys: CallKeys }
  /** Each call is its name as it is, and its arguments as JSON: `begin` name `middle` arguments `end`. */
  | {
      readonly type: "named";
      readonly begin: string;
      /** What models write in place of `begin`, too. Default: nothing else. */
      readonly otherBegins?: readonly string[];
      /** Between name and `middle`, before an id of letters, digits, `_` and `-`, where the model gives one. Default: none is read. */
      readonly idMark?: string;
      readonly middle: string;
      /** What models write in place of `middle`, too. Default: nothing else. */
      readonly otherMiddles?: readonly string[];
      readonly end: string;
      readonly separator: string;
    };

/** What the members of a call are called. */
export interface CallKeys {
  readonly name: string;
  /** The first is what calls are forced into. */
  readonly arguments: readonly string[];
  /** The model's own id for the call, where it gives one. Read where it comes before the arguments. */
  readonly id: string | undefined;
}
