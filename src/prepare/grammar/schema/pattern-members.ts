import type { JsonObject } from "../../../core/json.js";
import type { Language } from "../regex/language.js";
import { GrammarProblem } from "../rules/grammar-node.js";
import type { SchemaReader } from "./flat-schema.js";
import { placeOf } from "./plain-schema.js";
import { escapePointer, readMembers } from "./schema-keywords.js";

/** A pattern of `patternProperties` with its language. */
export interface MemberPattern {
  readonly language: Language;
  readonly schema: unknown;
  readonly at: string;
}

/** The patterns of `patternProperties`. A pattern that cannot be held is noted and left out. */
export function readPatterns(source: SchemaReader, plain: JsonObject, at: string): readonly MemberPattern[] {
  return readMembers(plain, "patternProperties", at).flatMap(([pattern, schema]): MemberPattern[] => {
    const pointer = `${placeOf(plain, "patternProperties", at)}/${escapePointer(pattern)}`;
    try {
      return [{ language: source.languageOf(pattern), schema, at: pointer }];
    } catch (error) {
      if (!(error instanceof GrammarProblem)) throw error;
      source.unheld.noteRestriction(pointer, `the pattern ${error.message}`);
      return [];
    }
  });
}
