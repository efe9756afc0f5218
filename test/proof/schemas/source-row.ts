interface OutputCounts {
  /** Outputs that a limit cut off. */
  readonly cut: number;
  readonly whole: number;
  /** Whole outputs that ajv accepts. */
  readonly valid: number;
}

/** The figures of one list of schemas in the report, which a page shows as a row of its table. */
export interface SourceRow {
  readonly source: string;
  readonly schemas: number;
  readonly taken: number;
  /** Taken schemas with an empty `not_held`. */
  readonly heldWhole: number;
  /** Schemas that went as the parameters of a named tool. */
  readonly tools: number;
  readonly toolsTaken: number;
  /** Answers as `json_schema`, and arguments of named calls. */
  readonly held: OutputCounts;
  /** Arguments of calls in AUTO. */
  readonly auto: OutputCounts;
}
