import { arrayOfSchema } from "./convert-array.js";
import { objectGrammar } from "./convert-object.js";
import { checkExclusive } from "./exclusive-branches.js";
import { readFixedValues } from "./fixed-values.js";
import { FORMATS, formatGrammar } from "./format-grammar.js";
import { choice, type GrammarNode, ruleNode, text } from "./grammar-node.js";
import { anyInteger } from "./integer-grammar.js";
import { anyValue, booleanGrammar } from "./json-value-grammar.js";
import type { JsonObject } from "../../core/json.js";
import type { JsonType } from "./json-type.js";
import { anyNumber, boundedInteger, boundedNumber } from "./number-grammar.js";
import type { RuleBook } from "./rule-book.js";
import { assertionsOf, problemAt, readCount, readTypes } from "./schema-keywords.js";
import type { SchemaScope } from "./schema-scope.js";
import type { PlacedSchema, SchemaSource } from "./schema-source.js";
import { stringGrammar } from "./string-grammar.js";
import { textChoice } from "./text-choice.js";

/** Lengths beyond that take too many rules to be held. */
const LONGEST_STRING = 65_536;

/**
 * Makes a grammar of a JSON Schema (draft 2020-12). Every output that the grammar allows is valid; not every valid value is allowed: members that are not
 * described are not written, strings hold no escaped surrogates, numbers have at most 15 digits. What can't be held is refused.
 */
export class SchemaConverter implements SchemaScope {
  readonly book: RuleBook;
  readonly source: SchemaSource;
  /** Where an output may be read in several ways. */
  readonly branchings: GrammarNode[] = [];
  /** Rules by the pointer of what is referred to. */
  readonly #referred = new Map<string, string>();
  readonly #pointers = new Map<string, string>();

  constructor(book: RuleBook, source: SchemaSource) {
    this.book = book;
    this.source = source;
  }

  /** The pointer of what became this rule, where something refers to it. */
  pointerOf(rule: string): string | undefined {
    return this.#pointers.get(rule);
  }

  /**
   * @param level how many schemas it lies in
   * @throws GrammarProblem with the JSON pointer of what can't be held
   */
  convert(placed: PlacedSchema, level: number): GrammarNode {
    const { schema, at } = placed;
    if (schema === true) return anyValue(this.book);
    if (schema === false) throw problemAt(at, "nothing is valid here");
    const assertions = assertionsOf(schema);
    if (assertions.length === 1 && schema.$ref !== undefined) return this.#referTo(schema.$ref, at, level);
    const flat = this.source.flatten(placed, level);
    if (typeof flat.schema === "boolean") return this.convert(flat, level);
    const branches = this.source.branchesOf(flat.schema, at, level);
    if (branches === undefined) return this.#convertPlain(flat.schema, at, level);
    if (flat.schema.oneOf !== undefined) checkExclusive(this.source, branches, level);
    const possible = branches.filter((branch) => branch.schema !== false);
    if (possible.length === 0) throw problemAt(at, "nothing is valid here");
    const branching = choice(...possible.map((branch) => this.convert(branch, level + 1)));
    if (branching.type === "choice") this.branchings.push(branching);
    return branching;
  }

  convertInner(schema: unknown, at: string, level: number): GrammarNode {
    return this.convert(this.source.place(schema, at, level + 1), level + 1);
  }

  #referTo(reference: unknown, at: string, level: number): GrammarNode {
    const target = this.source.resolve(reference, at, level);
    const known = this.#referred.get(target.at);
    if (known !== undefined) return ruleNode(known);
    const name = this.book.reserve("ref");
    this.#referred.set(target.at, name);
    this.#pointers.set(name, target.at);
    this.book.define(name, this.convert(target, level));
    return ruleNode(name);
  }

  #convertPlain(schema: JsonObject, at: string, level: number): GrammarNode {
    const fixed = readFixedValues(schema, at);
    if (fixed !== undefined) {
      return textChoice(
        this.book,
        fixed.map((value) => [JSON.stringify(value), text("")] as const),
      );
    }
    const types = readTypes(schema, at);
    if (types.length > 5 && assertionsOf(schema).length === 0) return anyValue(this.book);
    return choice(...types.map((type) => this.#convertType(type, schema, { at, level })));
  }

  #convertType(type: JsonType, schema: JsonObject, { at, level }: { at: string; level: number }): GrammarNode {
    const isBounded = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].some((name) => name in schema);
    switch (type) {
      case "null":
        return text("null");
      case "boolean":
        return booleanGrammar();
      case "integer":
        return isBounded ? boundedInteger(this.book, schema, at) : anyInteger(this.book);
      case "number":
        return isBounded ? boundedNumber(this.book, schema, at) : anyNumber(this.book);
      case "string":
        return this.#convertString(schema, at);
      case "array":
        return this.book.add("array", arrayOfSchema(this, schema, { at, level }));
      case "object":
        return this.book.add("object", objectGrammar(this, schema, { at, level }));
    }
  }

  #convertString(schema: JsonObject, at: string): GrammarNode {
    const { format } = schema;
    const min = readCount(schema, "minLength", at) ?? 0;
    const max = readCount(schema, "maxLength", at) ?? Infinity;
    if (min > max) throw problemAt(at, `minLength ${min} is more than maxLength ${max}`);
    for (const [keyword, length] of Object.entries({ minLength: min, maxLength: max })) {
      if (length <= LONGEST_STRING || length === Infinity) continue;
      throw problemAt(`${at}/${keyword}`, `${length} is more than ${LONGEST_STRING}`);
    }
    if (format === undefined) return stringGrammar(this.book, { min, max });
    if (typeof format !== "string" || !FORMATS.includes(format)) {
      throw problemAt(
        `${at}/format`,
        `the format ${JSON.stringify(format)} is not supported: only ${FORMATS.join(", ")} are`,
      );
    }
    if (min > 0 || max < Infinity) throw problemAt(at, `"format" beside "minLength" or "maxLength" is not supported`);
    return formatGrammar(this.book, format);
  }
}
