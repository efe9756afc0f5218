/** What the answer must look like, as the caller asked for it. */
export type RequestedConstraint =
  /** JSON text of a schema. */
  | { readonly type: "json_schema"; readonly schema: string }
  | { readonly type: "json_object" }
  | { readonly type: "choices"; readonly choices: readonly string[] }
  /** llama.cpp's own grammar language; where the operator allows it. */
  | { readonly type: "gbnf"; readonly grammar: string };

/**
 * A grammar that the answer is held to: within all bounds, and compiled once already on the prepare worker. Begins with the first token of the answer,
 * after the reasoning if there is any.
 */
export interface OutputGrammar {
  /** GBNF with a rule `root`. Equal texts: equal grammars. */
  readonly gbnf: string;
  /**
   * True: no output that the grammar allows is the beginning of another, so the first moment at which the output could end is its end. False: the model
   * decides where it ends, with its end-of-turn token, or with blanks after what could be the end.
   */
  readonly prefixFree: boolean;
}
