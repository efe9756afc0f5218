import { isJsonObject, type JsonObject } from "../../../core/json.js";
import { formatGrammar, formatLanguage, FORMATS } from "../json/format-grammar.js";
import { writeJsonString } from "../json/language-string.js";
import { stringGrammar } from "../json/value-grammar.js";
import { Language } from "../regex/language.js";
import { type GrammarNode, GrammarProblem } from "../rules/grammar-node.js";
import type { RuleBook } from "../rules/rule-book.js";
import { listOf, placeOf, valuesOf } from "./plain-schema.js";
import { NoValueProblem, readCount } from "./schema-keywords.js";
import type { SchemaReader } from "./flat-schema.js";

/** A longer string would take too many rules. */
const MAX_STRING_LENGTH = 65_536;

/** Formats of OpenAPI and Pydantic that say how a string is shown or used, and so allow every string. */
const HINTS: readonly string[] = ["binary", "password", "path", "file-path", "directory-path"];

interface StringContext {
  readonly book: RuleBook;
  readonly source: SchemaReader;
}

/** The keywords that restrict a string. */
const STRING_KEYWORDS: readonly string[] = ["minLength", "maxLength", "pattern", "format", "not"];

/** Whether a schema restricts its strings otherwise than by a list. */
export function isRestrictedText(plain: JsonObject): boolean {
  return STRING_KEYWORDS.some((keyword) => plain[keyword] !== undefined);
}

/** A string of the schema's length, format and patterns. A longer maximum than 65,536 characters is that. */
export function stringOfSchema(context: StringContext, plain: JsonObject, at: string): GrammarNode {
  const { book } = context;
  const length = readLength(plain, at);
  const formats = heldFormats(context, plain, at);
  const language = languageOf(context, plain, { at });
  const [format] = formats;
  if (language === undefined && format === undefined) return stringGrammar(book, length);
  const isBounded = length.min > 0 || length.max < Infinity;
  if (format !== undefined && formats.length === 1 && language === undefined && !isBounded) {
    return formatGrammar(book, format);
  }
  try {
    return writeJsonString(book, languageOfString(context, plain, at));
  } catch (error) {
    if (!(error instanceof GrammarProblem) || error instanceof NoValueProblem) throw error;
    context.source.unheld.noteRestriction(placeOf(plain, "pattern", at), error.message);
    return format === undefined ? stringGrammar(book, length) : formatGrammar(book, format);
  }
}

/**
 * The texts that the schema allows, apart from formats that are not held.
 * @throws GrammarProblem when their automaton is too large
 */
export function languageOfString(context: StringContext, plain: JsonObject, at: string): Language {
  const length = readLength(plain, at);
  const { work } = context.source;
  let language: Language | undefined;
  for (const format of heldFormats(context, plain, at)) {
    const next = formatLanguage(format, { work, max: length.max });
    language = language === undefined ? next : language.intersect(next);
  }
  language = (language && besideFormat(context, plain, { at, ofFormat: language })) ?? language;
  language ??= languageOf(context, plain, { at }) ?? Language.everything(work);
  if (length.min > 0 || length.max < Infinity) language = language.withLength(length);
  if (language.isEmpty) throw new NoValueProblem(at, "no string is valid for its keywords together");
  return language;
}

/**
 * The texts of a format that the patterns and excluded values leave. Where that is none, as for the times without an offset of Zod, the patterns hold
 * alone. undefined means that the format stands alone.
 */
function besideFormat(
  context: StringContext,
  plain: JsonObject,
  { at, ofFormat }: { at: string; ofFormat: Language },
): Language | undefined {
  const others = languageOf(context, plain, { at, among: ofFormat });
  if (others?.isEmpty !== true || ofFormat.isEmpty) return others;
  const alone = languageOf(context, plain, { at });
  if (alone?.isEmpty === false) {
    const place = placeOf(plain, "format", at);
    context.source.unheld.noteAnnotation(place, "no text of the format matches the pattern, which holds alone");
  }
  return alone;
}

function readLength(plain: JsonObject, at: string): { min: number; max: number } {
  const min = readCount(plain, "minLength", at) ?? 0;
  const max = readCount(plain, "maxLength", at) ?? Infinity;
  if (min > max) throw new NoValueProblem(at, `minLength ${min} is more than maxLength ${max}`);
  if (min > MAX_STRING_LENGTH) {
    throw new NoValueProblem(
      `${at}/minLength`,
      `${min} is more than ${MAX_STRING_LENGTH}, the largest supported length`,
    );
  }
  return { min, max: max === Infinity ? max : Math.min(max, MAX_STRING_LENGTH) };
}

function heldFormats({ source }: StringContext, plain: JsonObject, at: string): readonly string[] {
  return listOf(plain, "format").filter((format): format is string => {
    if (typeof format === "string" && FORMATS.includes(format)) return true;
    // A pattern beside an unknown format spells the format, as Zod writes them.
    if (plain.pattern === undefined && !HINTS.includes(String(format))) {
      const place = placeOf(plain, "format", at);
      source.unheld.noteAnnotation(
        place,
        `the format ${JSON.stringify(format)} is unknown, so it does not restrict the value`,
      );
    }
    return false;
  });
}

/** The texts that the patterns and the excluded values leave of all texts, or of some. undefined means that they leave all. */
function languageOf(
  { source }: StringContext,
  plain: JsonObject,
  { at, among }: { at: string; among?: Language },
): Language | undefined {
  let language: Language | undefined;
  for (const pattern of listOf(plain, "pattern")) {
    try {
      if (among !== undefined && typeof pattern === "string") {
        language = Language.ofPattern(pattern, { among: language ?? among, work: source.work });
      } else {
        const next = source.languageOf(pattern);
        language = language === undefined ? next : language.intersect(next);
      }
    } catch (error) {
      if (!(error instanceof GrammarProblem)) throw error;
      source.unheld.noteRestriction(
        placeOf(plain, "pattern", at),
        `the pattern ${JSON.stringify(pattern)} ${error.message}`,
      );
    }
  }
  for (const excluded of listOf(plain, "not")) {
    const texts = isJsonObject(excluded) ? excludedTexts(source, excluded) : undefined;
    if (texts === undefined) {
      source.unheld.noteRestriction(
        placeOf(plain, "not", at),
        'the strings for which "not" is valid cannot be described',
      );
    } else {
      language = (language ?? among ?? Language.everything(source.work)).subtract(texts);
    }
  }
  return language;
}

/** The strings that `enum`, `const` or `pattern` alone describes. */
function excludedTexts(source: SchemaReader, schema: JsonObject): Language | undefined {
  const values = "const" in schema ? [schema.const] : valuesOf(schema);
  if (values !== undefined)
    return Language.ofTexts(
      values.filter((value) => typeof value === "string"),
      source.work,
    );
  try {
    return schema.pattern === undefined ? undefined : source.languageOf(schema.pattern);
  } catch (error) {
    if (error instanceof GrammarProblem) return undefined;
    throw error;
  }
}
