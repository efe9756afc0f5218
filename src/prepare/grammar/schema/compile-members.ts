import type { JsonTypeName } from "../../../core/call-syntax.js";
import type { GrammarBounds } from "../rules/grammar-bounds.js";
import type { GrammarNode } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import type { LocatedSchema, PlainFlat } from "./flat-schema.js";
import { membersOfSchema, typesOf } from "./object-members.js";
import { SchemaConverter } from "./schema-converter.js";
import { SchemaSource } from "./schema-source.js";
import type { SchemaWork } from "./schema-work.js";
import { listedValuesOf } from "./texts-of-schema.js";
import { type Strictness, UnheldKeywords, type UnheldPart } from "./unheld-keywords.js";

/** A member of an object that is not written as JSON. */
export interface CompiledMember {
  readonly name: string;
  readonly isRequired: boolean;
  /** undefined means that the schema tells no types. */
  readonly types: readonly JsonTypeName[] | undefined;
  /** The values that the schema lists, if each alternative does. */
  readonly fixed: readonly unknown[] | undefined;
  /** The combinations of the branches of the schema. */
  readonly alternatives: readonly PlainFlat[];
  /** The schema and its place, for a conversion other than to JSON. */
  readonly located: LocatedSchema;
  /** The grammar of the value as JSON. */
  readonly toJson: () => GrammarNode;
}

export interface CompiledMembers {
  readonly members: readonly CompiledMember[];
  /** Whether the names are free. */
  readonly isFree: boolean;
  /** The types of the values of the whole schema. undefined means that it tells none. */
  readonly types: readonly JsonTypeName[] | undefined;
  readonly source: SchemaSource;
  readonly unheld: UnheldKeywords;
  /** The choices at which an output may have several derivations. */
  readonly branchings: readonly GrammarNode[];
  /** @throws GrammarProblem when a keyword is refused that the grammar does not hold */
  readonly finish: () => readonly UnheldPart[];
}

/**
 * Compiles the members of the objects that a schema describes, one by one.
 * @throws GrammarProblem with the JSON pointer of the keyword that is refused
 */
export function compileMembers(
  book: RuleBook,
  schema: string,
  { bounds, strictness, work }: { bounds: GrammarBounds; strictness: Strictness; work: SchemaWork },
): CompiledMembers {
  const unheld = new UnheldKeywords(strictness);
  const source = SchemaSource.parse(schema, { bounds, unheld, work });
  const converter = new SchemaConverter(book, source);
  const { members, isFree } = membersOfSchema(source, source.flatten(source.root, 0), 0);
  return {
    members: members.map(({ name, isRequired, schema: inner, at }) => {
      const located = source.locate(inner, at, 1);
      const alternatives = source.alternativesOf(source.flatten(located, 1), 1);
      const lists = alternatives.map((flat) => listedValuesOf(source, flat, 1));
      return {
        name,
        isRequired,
        located,
        types: typesOf(source, located, 1),
        fixed: lists.length > 0 && lists.every((list) => list !== undefined) ? lists.flat() : undefined,
        alternatives,
        toJson: () => converter.convertInner(located.schema, located.at, 0),
      };
    }),
    isFree,
    types: typesOf(source, source.root, 0),
    source,
    unheld,
    branchings: converter.branchings,
    finish: () => unheld.finish(),
  };
}
