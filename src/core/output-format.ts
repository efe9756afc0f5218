import type { CallSyntax, ParameterTypes } from "./call-syntax.js";

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
  /** The types of the tools' parameters, for syntaxes that write values without quotes. Default: unknown. */
  readonly parameterTypes?: ParameterTypes;
  /** Whether calls stand at the beginning of the answer only, because a grammar holds the answer. Default: they stand anywhere in it. */
  readonly callsComeFirst?: boolean;
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
  /** Markup of the output that the prompt ends with, so that the output goes on after it. Default: none. */
  readonly opened?: string;
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
