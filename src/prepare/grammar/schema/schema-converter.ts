import type { JsonObject } from "../../../core/json.js";
import { writeOrderedJson } from "../../../core/ordered-json.js";
import { anyArray, anyObject, anyString, anyValue, booleanGrammar } from "../json/value-grammar.js";
import { anyInteger, anyNumber } from "../json/number-grammar.js";
import { choice, type GrammarNode, ruleNode, text } from "../rules/grammar-node.js";
import { type RuleBook, textChoice } from "../rules/rule-book.js";
import { arrayOfSchema } from "./convert-array.js";
import { numberOfSchema } from "./convert-number.js";
import { objectOfSchema } from "./convert-object.js";
import { stringOfSchema } from "./convert-string.js";
import type { InnerConverter } from "./inner-converter.js";
import { listOf, placeOf, valuesOf } from "./plain-schema.js";
import {
  assertionsOf,
  type JsonType,
  jsonTypeOf,
  NoValueProblem,
  problemAt,
  readNamedTypes,
  readTypes,
  REFERENCES,
  SchemaProblem,
  typesMeet,
} from "./schema-keywords.js";
import type { BranchGroup, FlatSchema, LocatedSchema, SchemaPlace } from "./flat-schema.js";
import { isReference, type SchemaSource } from "./schema-source.js";
import { doubts } from "./validate-value.js";

/** Stands for the rule of a reference without any valid value. */
const NO_VALUE = "";
/** The most keywords with branches that an error names. */
const MAX_NAMED = 4;
/** The rule of a schema that turned out to have no valid value, to which only discarded rules refer. */
const UNUSED: GrammarNode = text("null");

/**
 * Converts a JSON Schema (draft 2020-12) to a grammar. Every output of the grammar is valid for what it holds, but not every valid value is an output: the
 * model writes no undescribed members, no escaped surrogates, and no number of more than 15 digits. Keywords that are not held are noted.
 */
export class SchemaConverter implements InnerConverter {
  readonly book: RuleBook;
  readonly source: SchemaSource;
  readonly branchings: GrammarNode[] = [];
  isFixed = false;
  /** The rules of the schemas that references resolve to, by their pointers. */
  readonly #referred = new Map<string, string>();
  readonly #pointers = new Map<string, string>();
  readonly #groups = new Map<GrammarNode, readonly BranchGroup[]>();
  /** The schemas that are being converted, with the rule that one inside refers to. */
  readonly #open = new Map<string, string | undefined>();

  constructor(book: RuleBook, source: SchemaSource) {
    this.book = book;
    this.source = source;
  }

  /** The pointer of the schema that the rule was compiled from, if a reference resolves to it. */
  pointerOf(rule: string): string | undefined {
    return this.#pointers.get(rule);
  }

  /** The keywords whose branches a branching chooses among. */
  placeOf(branching: GrammarNode): string | undefined {
    const places = new Set(this.#groups.get(branching)?.map(({ at }) => `#${at}`));
    const named = [...places].slice(0, MAX_NAMED).join(", ");
    return places.size === 0 ? undefined : `the branches at ${named}${places.size > MAX_NAMED ? " and more" : ""}`;
  }

  convertRoot(isObject: boolean): GrammarNode {
    try {
      const { root } = this.source;
      if (!isObject) {
        this.isFixed = this.#isFixed(root);
        return this.convert(root, 0);
      }
      const flat = this.source.flatten(root, 0);
      const object = this.source.merge(flat, { plain: { type: "object" }, groups: [], at: "" });
      if (object.plain === false) throw problemAt("", "must be the schema of an object and of nothing else");
      return this.#convertFlat(object, 0);
    } catch (error) {
      const problem = error instanceof SchemaProblem ? error : undefined;
      if (problem === undefined) throw error;
      this.source.unheld.noteRestriction(problem.at, problem.description);
      return isObject ? anyObject(this.book) : anyValue(this.book);
    }
  }

  #isFixed(root: LocatedSchema): boolean {
    const { plain } = this.source.flatten(root, 0);
    return plain !== false && valuesOf(plain) !== undefined;
  }

  /**
   * @param level the number of schemas around it
   * @throws NoValueProblem when no value is valid
   */
  convert(located: LocatedSchema, level: number): GrammarNode {
    const { schema, at } = located;
    if (schema === true) return anyValue(this.book);
    if (schema === false) throw new NoValueProblem(at, "no value is valid here");
    if (isReference(schema)) return this.#referTo(schema, at, level);
    return this.#closed(this.source.pointerOf(schema) ?? writeOrderedJson(schema), at, () =>
      this.#convertFlat({ ...this.source.flatten(located, level), at }, level),
    );
  }

  convertInner(schema: unknown, at: string, level: number): GrammarNode {
    try {
      return this.convert(this.source.locate(schema, at, level + 1), level + 1);
    } catch (error) {
      if (!(error instanceof SchemaProblem) || error instanceof NoValueProblem) throw error;
      this.source.unheld.noteRestriction(error.at, error.description);
      return this.#anyOfType(schema);
    }
  }

  /** Any value of the type that the schema names, for a schema that cannot be held otherwise. */
  #anyOfType(schema: unknown): GrammarNode {
    const { type } = typeof schema === "object" && schema !== null ? (schema as JsonObject) : {};
    const any: Readonly<Record<string, () => GrammarNode>> = {
      object: () => anyObject(this.book),
      array: () => anyArray(this.book),
      string: () => anyString(this.book),
      number: () => anyNumber(this.book),
      integer: () => anyInteger(this.book),
      boolean: booleanGrammar,
    };
    return ((typeof type === "string" ? any[type] : undefined) ?? ((): GrammarNode => anyValue(this.book)))();
  }

  #referTo(schema: JsonObject, at: string, level: number): GrammarNode {
    const [keyword = "$ref"] = REFERENCES.filter((name) => schema[name] !== undefined);
    const target = this.source.resolve(schema, keyword, { at, level });
    const known = this.#referred.get(target.at);
    if (known === NO_VALUE) throw new NoValueProblem(target.at, "no value is valid here");
    if (known !== undefined) return ruleNode(known);
    const name = this.book.reserve("ref");
    this.#referred.set(target.at, name);
    this.#pointers.set(name, target.at);
    try {
      this.book.define(name, this.convertInner(target.schema, target.at, level - 1));
    } catch (error) {
      this.#referred.set(target.at, NO_VALUE);
      this.book.define(name, UNUSED);
      throw error;
    }
    return ruleNode(name);
  }

  /** Converts a schema that may contain itself. The inner one then refers to the rule of the outer one. */
  #closed(key: string, at: string, convert: () => GrammarNode): GrammarNode {
    if (this.#open.has(key)) {
      const name = this.#open.get(key) ?? this.book.reserve("ref");
      this.#open.set(key, name);
      this.#pointers.set(name, at);
      return ruleNode(name);
    }
    this.#open.set(key, undefined);
    let node: GrammarNode | undefined;
    try {
      node = convert();
    } finally {
      const name = this.#open.get(key);
      this.#open.delete(key);
      if (name !== undefined) {
        this.book.define(name, node ?? UNUSED);
        node &&= ruleNode(name);
      }
    }
    return node;
  }

  #convertFlat(flat: FlatSchema, level: number): GrammarNode {
    const { plain, at } = flat;
    if (plain === false) throw new NoValueProblem(at, "no value is valid here");
    if (flat.groups.length === 0) return this.#convertPlain(plain, { at, level });
    const [group] = flat.groups;
    const isAlone = flat.groups.length === 1 && assertionsOf(plain).length === 0;
    if (isAlone && group !== undefined) {
      // Branches that stand alone keep their references, and so may refer to a schema around them.
      const branches = this.source.branchesOf(group, { plain, groups: [], at }, level);
      return this.#choose(
        branches.map((branch, index) => (): GrammarNode => {
          const original = group.branches[index];
          const isOwn =
            original !== undefined && !("groups" in original) && this.source.flatten(original, level + 1) === branch;
          return isOwn ? this.convert(original, level + 1) : this.#convertFlat(branch, level + 1);
        }),
        { at, groups: flat.groups },
      );
    }
    const alternatives = this.source.alternativesOf(flat, level);
    return this.#choose(
      alternatives.map((alternative) => () => this.#convertFlat(alternative, level)),
      { at, groups: flat.groups },
    );
  }

  /** The branches that have valid values. */
  #choose(branches: readonly (() => GrammarNode)[], { at, groups }: Omit<FlatSchema, "plain">): GrammarNode {
    const possible: GrammarNode[] = [];
    let problem: NoValueProblem | undefined;
    for (const convert of branches) {
      try {
        possible.push(convert());
      } catch (error) {
        if (!(error instanceof NoValueProblem)) throw error;
        problem = error;
      }
    }
    if (possible.length === 0)
      throw branches.length === 1 && problem ? problem : new NoValueProblem(at, "no value is valid here");
    const branching = choice(...possible);
    if (branching.type === "choice") {
      this.branchings.push(branching);
      this.#groups.set(branching, groups);
    }
    return branching;
  }

  #convertPlain(plain: JsonObject, place: SchemaPlace): GrammarNode {
    const values = valuesOf(plain);
    if (values !== undefined) return this.#convertValues(values, plain, place);
    const named = readTypes(plain, place.at);
    const types = plain.not === undefined ? named : this.#withoutExcluded(named, plain, place);
    if (types.length > 5 && assertionsOf(plain).length === 0) return anyValue(this.book);
    const converted: GrammarNode[] = [];
    let problem: NoValueProblem | undefined;
    for (const type of types) {
      try {
        converted.push(this.#convertType(type, plain, place));
      } catch (error) {
        if (!(error instanceof NoValueProblem)) throw error;
        problem = error;
      }
    }
    if (converted.length === 0) throw problem ?? new NoValueProblem(place.at, "no value is valid here");
    return choice(...converted);
  }

  /** The listed values that the other keywords allow. */
  #convertValues(values: readonly unknown[], plain: JsonObject, { at, level }: SchemaPlace): GrammarNode {
    // Each keyword beside the list is read once for each value.
    this.source.countValues(values.length * (Object.keys(plain).length - 1), at);
    const possible = values
      .map((value) => ({ value, doubtful: doubts(this.source, value, { plain, at, level }) }))
      .filter(({ doubtful }) => ![...doubtful.values()].includes(false));
    // A format that some of the strings have is one that the others are checked for.
    const isChecked = possible.some(({ value, doubtful }) => typeof value === "string" && doubtful.size === 0);
    const kept = possible.filter(({ doubtful }) => !isChecked || !doubtful.has("format"));
    for (const { doubtful } of kept) for (const keyword of doubtful.keys()) this.#noteUnknown(keyword, plain, at);
    const allowed = kept.map(({ value }) => value);
    if (allowed.length === 0) throw new NoValueProblem(at, "the keywords beside its values allow none of them");
    return textChoice(
      this.book,
      allowed.map((value) => [writeOrderedJson(value), text("")] as const),
    );
  }

  #noteUnknown(keyword: string, plain: JsonObject, at: string): void {
    const note = `"${keyword}" beside "enum" or "const" is not checked`;
    const place = placeOf(plain, keyword, at);
    if (keyword === "format") this.source.unheld.noteAnnotation(place, note);
    else this.source.unheld.noteRestriction(place, note);
  }

  #convertType(type: JsonType, plain: JsonObject, place: SchemaPlace): GrammarNode {
    const { book, source } = this;
    const { at } = place;
    const { unheld } = source;
    switch (type) {
      case "null":
        return plain.not === undefined ? text("null") : this.#convertValues([null], plain, place);
      case "boolean":
        return plain.not === undefined ? booleanGrammar() : this.#convertValues([true, false], plain, place);
      case "integer":
      case "number":
        return numberOfSchema({ book, unheld }, plain, { at, isInteger: type === "integer" });
      case "string":
        return stringOfSchema({ book, source }, plain, at);
      case "array":
        return book.add("array", arrayOfSchema(this, plain, place));
      case "object":
        return book.add("object", objectOfSchema(this, plain, place));
    }
  }

  /** The types for which `not` can be held. A single one for which it cannot is noted. */
  #withoutExcluded(types: readonly JsonType[], plain: JsonObject, { at, level }: SchemaPlace): readonly JsonType[] {
    const place = placeOf(plain, "not", at);
    const isHeld = (type: JsonType): boolean =>
      ["string", "boolean", "null"].includes(type) ||
      listOf(plain, "not").every((excluded) => {
        const { schema } = this.source.locate(excluded, place, level + 1);
        if (typeof schema === "boolean") return false;
        const excludedTypes = readNamedTypes(schema, place) ?? typesOfValues(schema);
        return excludedTypes?.some((own) => typesMeet(own, type)) === false;
      });
    const held = types.filter(isHeld);
    if (held.length > 0) return held;
    this.source.unheld.noteRestriction(place, `the keyword "not" is not supported for ${types.join(" and ")} values`);
    return types;
  }
}

function typesOfValues(schema: JsonObject): readonly JsonType[] | undefined {
  if ("const" in schema) return [jsonTypeOf(schema.const)];
  return valuesOf(schema)?.map(jsonTypeOf);
}
