import type { JsonObject } from "../../../core/json.js";
import type { Language } from "../regex/language.js";
import type { PatternWork } from "../regex/pattern-work.js";
import type { PlainSchema } from "./plain-schema.js";
import type { UnheldKeywords } from "./unheld-keywords.js";

/** The place of a schema in the document. */
export interface SchemaPlace {
  /** Its JSON pointer. */
  readonly at: string;
  /** The number of schemas around it. */
  readonly level: number;
}

/** A schema and its JSON pointer. */
export interface LocatedSchema {
  readonly schema: JsonObject | boolean;
  readonly at: string;
}

/** A schema with its references and its `allOf` merged: a value must be valid for the plain schema and for a branch of each group. */
export interface FlatSchema {
  readonly plain: PlainSchema;
  readonly groups: readonly BranchGroup[];
  readonly at: string;
  /** Whether valid values may be left out, since the opposite of a schema cannot always be described in full. The default is false. */
  readonly isNarrowed?: boolean;
}

/** A flat schema without branches. */
export type PlainFlat = FlatSchema & { readonly groups: readonly [] };

/** The branches of `anyOf` or of a keyword that is another way to write it. */
export interface BranchGroup {
  readonly branches: readonly (LocatedSchema | FlatSchema)[];
  /** Whether a value must be valid for exactly one branch, as in `oneOf`. */
  readonly isExclusive: boolean;
  /** The JSON pointer of the keyword. */
  readonly at: string;
}

/** Reads the schemas of one document, as SchemaSource does. Each method counts its work, and throws a GrammarProblem when it is too much. */
export interface SchemaReader {
  readonly unheld: UnheldKeywords;
  /** Counts the steps of all patterns and formats together. */
  readonly work: PatternWork;
  /** Checks that the value is a schema. `near` is the pointer of one that was merged from several. */
  locate(schema: unknown, near: string, level: number): LocatedSchema;
  /** The schema that a reference refers to. */
  resolve(schema: JsonObject, keyword: string, place: SchemaPlace): LocatedSchema;
  /** The schema merged with its references and its `allOf`. */
  flatten(located: LocatedSchema, level: number): FlatSchema;
  /** The schema that is valid where both are. */
  merge(one: FlatSchema, other: FlatSchema): FlatSchema;
  /** The combinations of branches that may have values. */
  alternativesOf(flat: FlatSchema, level: number, options?: { isWide?: boolean }): readonly PlainFlat[];
  /** The texts that a pattern matches. */
  languageOf(pattern: unknown): Language;
}
