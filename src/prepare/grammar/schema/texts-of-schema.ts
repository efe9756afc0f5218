import { GrammarProblem } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { Language } from "../regex/language.js";
import { isRestrictedText, languageOfString } from "./convert-string.js";
import type { PlainFlat, SchemaReader } from "./flat-schema.js";
import { listOf, placeOf, valuesOf } from "./plain-schema.js";
import { assertionsOf, NoValueProblem, readTypes } from "./schema-keywords.js";
import { doubts } from "./validate-value.js";

interface TextContext {
  readonly book: RuleBook;
  readonly source: SchemaReader;
}

/**
 * The values that a schema lists, without those that its other keywords rule out. undefined means that it lists none.
 * @throws NoValueProblem when the keywords allow none of the values
 */
export function listedValuesOf(
  source: SchemaReader,
  { plain, at }: PlainFlat,
  level: number,
): readonly unknown[] | undefined {
  const values = plain === false ? undefined : valuesOf(plain);
  if (plain === false || values === undefined) return undefined;
  const allowed = values.filter((value) => {
    const doubtful = doubts(source, value, { plain, at, level });
    if ([...doubtful.values()].includes(false)) return false;
    for (const keyword of doubtful.keys()) {
      source.unheld.noteRestriction(
        placeOf(plain, keyword, at),
        `"${keyword}" beside "enum" or "const" is not checked`,
      );
    }
    return true;
  });
  if (allowed.length === 0) throw new NoValueProblem(at, "the keywords beside its values allow none of them");
  return allowed;
}

/** The keywords beside the types that restrict a value. */
export function restrictionsOf({ plain }: PlainFlat): readonly string[] {
  return plain === false ? [] : assertionsOf(plain).filter((keyword) => keyword !== "type");
}

/** Notes every keyword beside the types as not held, for a value that is written in a form in which no grammar holds them. */
export function noteRestrictions(source: SchemaReader, alternatives: readonly PlainFlat[], reason: string): void {
  for (const flat of alternatives) {
    if (flat.plain === false) continue;
    for (const keyword of restrictionsOf(flat)) {
      source.unheld.noteRestriction(placeOf(flat.plain, keyword, flat.at), `"${keyword}" is not held ${reason}`);
    }
  }
}

/**
 * The strings that are valid for one of the alternatives. undefined means that every string is.
 * @throws GrammarProblem when their automaton is too large
 */
export function stringsOf({ book, source }: TextContext, alternatives: readonly PlainFlat[]): Language | undefined {
  let language: Language | undefined;
  let problem: NoValueProblem | undefined;
  for (const flat of alternatives) {
    const { plain, at } = flat;
    if (plain === false) continue;
    const values = listedValuesOf(source, flat, 1);
    if (values === undefined && !readTypes(plain, at).includes("string")) continue;
    if (values === undefined && !isRestrictedText(plain)) return undefined;
    try {
      const texts = values?.filter((value) => typeof value === "string");
      const next =
        texts === undefined ? languageOfString({ book, source }, plain, at) : Language.ofTexts(texts, source.work);
      language = language === undefined ? next : language.unite(next);
    } catch (error) {
      if (!(error instanceof NoValueProblem)) throw error;
      problem = error;
    }
  }
  if (language === undefined) throw problem ?? new GrammarProblem("has no alternative that is a string");
  return language;
}

/** The texts of the values that are no strings. undefined means that they cannot be listed. */
export function wordsOf(source: SchemaReader, alternatives: readonly PlainFlat[]): readonly string[] | undefined {
  const words: string[] = [];
  for (const flat of alternatives) {
    const { plain, at } = flat;
    if (plain === false) continue;
    const values = listedValuesOf(source, flat, 1);
    const types = values === undefined ? readTypes(plain, at) : [];
    const isListed = types.every((type) => ["string", "null", "boolean"].includes(type));
    if (!isListed || (types.some((type) => type !== "string") && listOf(plain, "not").length > 0)) return undefined;
    for (const value of values ?? []) if (typeof value !== "string") words.push(JSON.stringify(value));
    if (types.includes("null")) words.push("null");
    if (types.includes("boolean")) words.push("true", "false");
  }
  return words;
}
