import type { List } from "./corpus.js";

interface OutputCounts {
  /** Outputs that a limit cut off. */
  readonly cut: number;
  readonly whole: number;
  /** Whole outputs that ajv accepts. */
  readonly valid: number;
}

/** The figures of one list of schemas in the report, which a page shows as a row of its table. */
export interface SourceRow {
  readonly source: List;
  readonly schemas: number;
  /** Schemas that compile. */
  readonly taken: number;
  /** Taken schemas with an empty `not_held`. */
  readonly heldWhole: number;
  /** Random sentences of the grammars. */
  readonly sentences: OutputCounts;
  /** Schemas that went to the server as `json_schema`. */
  readonly asked: number;
  /** Schemas that went as the parameters of a named tool. */
  readonly tools: number;
  readonly toolsTaken: number;
  /** Answers as `json_schema`, and arguments of named calls. */
  readonly held: OutputCounts;
  /** Arguments of calls in AUTO. */
  readonly auto: OutputCounts;
}
