import { isJsonObject, type JsonObject } from "../../../core/json.js";
import { Language } from "../regex/language.js";
import type { PatternWork } from "../regex/pattern-work.js";
import { GrammarProblem } from "../rules/grammar-node.js";
import type { InnerConverter } from "./inner-converter.js";
import { languageOfString } from "./convert-string.js";
import { type MemberPattern, readPatterns } from "./pattern-members.js";
import { placeOf, valuesOf } from "./plain-schema.js";
import { escapePointer, NoValueProblem, readMembers, readRequired } from "./schema-keywords.js";
import { isValid } from "./validate-value.js";
import type { SchemaPlace } from "./flat-schema.js";

/** A member that has a place of its own in the object. */
interface DescribedMember {
  readonly name: string;
  readonly schema: unknown;
  readonly at: string;
  readonly isRequired: boolean;
}

/** Members whose names are free, apart from those of described members. */
export interface FreeMembers {
  /** undefined means every name. */
  readonly names: Language | undefined;
  readonly schema: unknown;
  readonly at: string;
}

export interface DescribedObject {
  readonly described: readonly DescribedMember[];
  readonly free: readonly FreeMembers[];
}

/** The members of an object: those that the schema names, in the order of its text, and those with free names. */
export function membersOfObject(
  converter: InnerConverter,
  plain: JsonObject,
  { at, level }: SchemaPlace,
): DescribedObject {
  const patterns = readPatterns(converter.source, plain, at);
  const names = new MemberNames(converter, plain, { at, level });
  const required = readRequired(plain, at);
  const given = new Map(readMembers(plain, "properties", at));
  const others = plain.additionalProperties;
  const schemaOf = (name: string): unknown => {
    const schemas = patterns.filter(({ language }) => language.has(name)).map(({ schema }) => schema);
    if (given.has(name)) schemas.unshift(given.get(name));
    else if (schemas.length === 0) return others ?? true;
    return schemas.length === 1 ? schemas[0] : { allOf: schemas };
  };
  const all = [...new Set([...given.keys(), ...(names.listed ?? []), ...required])];
  const described = all.flatMap((name): DescribedMember[] => {
    const isRequired = required.includes(name);
    if (names.allow(name)) {
      return [{ name, isRequired, schema: schemaOf(name), at: `${at}/properties/${escapePointer(name)}` }];
    }
    if (isRequired)
      throw new NoValueProblem(`${at}/required`, `"propertyNames" does not allow ${JSON.stringify(name)}`);
    return [];
  });
  const unnamed = required.find((name) => !given.has(name) && schemaOf(name) === false);
  if (unnamed !== undefined) {
    throw new NoValueProblem(`${at}/required`, `${JSON.stringify(unnamed)} is required but not allowed`);
  }
  const hasOthers = others === undefined ? plain.properties === undefined && patterns.length === 0 : others !== false;
  if (names.listed !== undefined || plain.maxProperties === 0) return { described, free: [] };
  const { work } = converter.source;
  const free = freeMembers(work, patterns, {
    allowed: names.language,
    others: hasOthers ? { schema: others ?? true, at: `${at}/additionalProperties` } : undefined,
  });
  const taken = described.map(({ name }) => name);
  return {
    described,
    free: free.flatMap((members) => {
      if (taken.length === 0) return [members];
      const language = (members.names ?? Language.everything(work)).except(taken);
      return language.isEmpty ? [] : [{ ...members, names: language }];
    }),
  };
}

/** Tells the free names apart: those of each pattern alone, of two patterns together, and of none. */
function freeMembers(
  work: PatternWork,
  patterns: readonly MemberPattern[],
  { allowed, others }: { allowed: Language | undefined; others: Pick<FreeMembers, "schema" | "at"> | undefined },
): readonly FreeMembers[] {
  const groups: { language: Language; schemas: unknown[]; at: string }[] = [];
  for (const { language, schema, at } of patterns) {
    let rest = language;
    for (const group of [...groups]) {
      const common = group.language.intersect(language);
      if (common.isEmpty) continue;
      groups.push({ language: common, schemas: [...group.schemas, schema], at });
      group.language = group.language.subtract(language);
      rest = rest.subtract(common);
    }
    groups.push({ language: rest, schemas: [schema], at });
  }
  const free: FreeMembers[] = groups.map(({ language, schemas, at }) => ({
    names: allowed === undefined ? language : language.intersect(allowed),
    schema: schemas.length === 1 ? schemas[0] : { allOf: schemas },
    at,
  }));
  if (others !== undefined) {
    const rest = patterns.reduce<Language | undefined>(
      (left, { language }) => (left ?? Language.everything(work)).subtract(language),
      allowed,
    );
    free.push({ names: rest, ...others });
  }
  return free.filter(({ names, schema }) => names?.isEmpty !== true && schema !== false);
}

/** The names that `propertyNames` allows. */
class MemberNames {
  /** All allowed names, if the schema lists them. */
  readonly listed: readonly string[] | undefined;
  /** The allowed names. undefined means every name. */
  readonly language: Language | undefined;
  /** Whether a name is valid. undefined means that this is not known. */
  readonly #check: (name: string) => boolean | undefined;

  constructor(converter: InnerConverter, plain: JsonObject, { at, level }: SchemaPlace) {
    const { source } = converter;
    const place = placeOf(plain, "propertyNames", at);
    const schema = plain.propertyNames ?? true;
    const flat = source.flatten(source.locate(schema, place, level + 1), level + 1);
    const alternatives = schema === true ? [] : source.alternativesOf(flat, level + 1);
    const names = alternatives.flatMap(({ plain: own }) => (own === false ? [] : [own]));
    this.#check = (name) => (schema === true ? true : isValid(source, name, { flat, level: level + 1 }));
    if (schema !== true && names.every((own) => valuesOf(own) !== undefined)) {
      const values = names.flatMap((own) => valuesOf(own) ?? []);
      const listed = [...new Set(values.filter((value) => typeof value === "string"))];
      const known = listed.filter((name) => this.#check(name) === true);
      this.listed = known.length > 0 ? known : listed.filter((name) => this.#check(name) !== false);
      if (known.length === 0 && this.listed.length > 0) {
        source.unheld.noteAnnotation(place, 'the keywords beside "enum" or "const" are not checked');
      }
    } else if (schema !== true && isJsonObject(schema)) {
      this.language = languageOfNames(converter, names, place);
    }
  }

  /** Whether the name is known to be allowed, or whether nothing is known about names. */
  allow(name: string): boolean {
    if (this.listed !== undefined) return this.listed.includes(name);
    const verdict = this.#check(name);
    return verdict ?? this.language?.has(name) ?? true;
  }
}

function languageOfNames(
  { book, source }: InnerConverter,
  names: readonly JsonObject[],
  place: string,
): Language | undefined {
  const [name] = names;
  if (name === undefined || names.length > 1) {
    source.unheld.noteRestriction(place, '"propertyNames" with "anyOf" is held only for values of "enum" or "const"');
    return undefined;
  }
  if (Object.keys(name).every((keyword) => keyword === "type")) return undefined;
  try {
    return languageOfString({ book, source }, name, place);
  } catch (error) {
    if (!(error instanceof GrammarProblem) || error instanceof NoValueProblem) throw error;
    source.unheld.noteRestriction(place, error.message);
    return undefined;
  }
}
