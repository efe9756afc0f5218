/** The form that the caller asks of the answer. */
export type RequestedConstraint =
  /** The JSON text of a schema. */
  | { readonly type: "json_schema"; readonly schema: string }
  | { readonly type: "json_object" }
  | { readonly type: "choices"; readonly choices: readonly string[] }
  /** A grammar in llama.cpp's own language, if the operator allows it. */
  | { readonly type: "gbnf"; readonly grammar: string };

/** A grammar that constrains the answer, from its first token on and so after any reasoning. The prepare worker has checked its bounds and compiled it once. */
export interface OutputGrammar {
  /** GBNF with a rule `root`. Equal texts are equal grammars. */
  readonly gbnf: string;
  /**
   * Whether no output that the grammar allows is the beginning of another. If so, the output ends as soon as it may. If not, the model decides where
   * it ends, with its end-of-turn token or with blanks after a possible end.
   */
  readonly prefixFree: boolean;
}
