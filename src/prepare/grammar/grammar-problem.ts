/** What is wrong with a schema, a grammar, a list of choices or a tool: where, and the bound. The field's path is completed by whoever knows it. */
export class GrammarProblem extends Error {
  /** Follows the path of what was converted, such as `[3]`. */
  readonly subfield: string;

  constructor(description: string, subfield = "") {
    super(description);
    this.name = "GrammarProblem";
    this.subfield = subfield;
  }
}
