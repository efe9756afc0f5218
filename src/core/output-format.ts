/**
 * The markup of a model's output. The prepare worker derives it from the chat template, and the engine's output reader reads by it. Markup is text,
 * and a control token with the same text means the same.
 */
export interface OutputFormat {
  /** undefined: the model does not reason. */
  readonly reasoning: ReasoningSyntax | undefined;
  /** The syntaxes of calls. Calls are forced into the first. Empty: nothing is read as a call. */
  readonly calls: readonly CallSyntax[];
  /** The names of the tools. Text with another name is no call. Empty if `calls` is. */
  readonly toolNames: readonly string[];
  /** The caller's names of the tools whose name in `toolNames` differs from it, by that name. Default: every tool has the caller's name. */
  readonly ownNames?: ReadonlyMap<string, string>;
  /** Whether there may be more than one call. If not, the output ends with its first call. */
  readonly parallelCalls: boolean;
  /** Whether the output ends before a call that equals an earlier one, which is dropped. Default: it stays as the model wrote it. */
  readonly endsAtRepeatedCall?: boolean;
  /** The number of calls with which the output ends; at least 1. */
  readonly maxCalls: number;
  /** The most UTF-8 bytes that the arguments of all calls may have together. The output ends before there would be more. */
  readonly maxArgumentBytes: number;
  /** Markup that frames the answer itself and is no part of it, such as harmony's `<|channel|>final<|message|>`. Default: none. */
  readonly frames?: readonly string[];
}

/** Reasoning lies between two marks. White space next to either mark is dropped. */
export interface ReasoningSyntax {
  readonly begin: string;
  readonly end: string;
  /** The tokens of `end`, for when the engine ends the reasoning itself. */
  readonly endTokens: readonly number[];
  /** Whether the prompt has opened the reasoning already, so that the output begins with it. */
  readonly isOpen: boolean;
}

/**
 * One way to write calls: section begin, calls, section end. White space is free between any two parts, and every part may be empty. The beginning of
 * a call must tell it from text, or be `{` or `[` at the very beginning of the answer. Blanks at either end of a mark are written but not required.
 * End marks may be missing, and so may the section's begin if the body's is not empty.
 */
export interface CallSyntax {
  /** Stands before the first call, such as `<｜tool▁calls▁begin｜>`. */
  readonly sectionBegin: string;
  /** Stands after the last call. */
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
  /** Each call is its plain name and its arguments as JSON: `begin` name `middle` arguments `end`. */
  | {
      readonly type: "named";
      readonly begin: string;
      /** Other marks that models write in place of `begin`. Default: none. */
      readonly otherBegins?: readonly string[];
      /** Stands between name and `middle`, before an id of letters, digits, `_` and `-`, if the model gives one. Default: no id is read. */
      readonly idMark?: string;
      readonly middle: string;
      /** Other marks that models write in place of `middle`. Default: none. */
      readonly otherMiddles?: readonly string[];
      readonly end: string;
      readonly separator: string;
    };

/** The keys of a call's members. */
export interface CallKeys {
  readonly name: string;
  /** Calls are forced into the first. */
  readonly arguments: readonly string[];
  /** The key of the model's own id for the call. The id is read if it comes before the arguments. */
  readonly id: string | undefined;
}

/** A keyword of a caller's schema that the grammar does not hold. */
export interface UnheldKeyword {
  /** The request's field with the schema, such as `json_schema` or `chat.tools[2].parameters`. */
  readonly field: string;
  /** The JSON pointer of the keyword in the schema. */
  readonly pointer: string;
  readonly description: string;
}

/** A grammar that constrains the answer or the calls in it. The prepare worker has checked its bounds and compiled it once. */
export interface OutputGrammar {
  /** GBNF with a rule `root`. Equal texts are equal grammars. */
  readonly gbnf: string;
  /**
   * The part of the output that it holds. answer: the whole answer, from its first token on and so after any reasoning. calls: each call that the model
   * begins, from the first character of its markup on to where the grammar may end first; everything else is free. It allows any text after a call, since
   * a token or a draft may reach beyond it. Default: answer.
   */
  readonly holds?: "answer" | "calls";
  /**
   * Whether no output that the grammar allows is the beginning of another. If so, the output ends as soon as it may. If not, the model decides where
   * it ends, with its end-of-turn token or with blanks after a possible end. It means nothing for a grammar that holds calls.
   */
  readonly prefixFree: boolean;
}
