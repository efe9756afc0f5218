import type { JsonObject } from "../../../core/json.js";
import { formatGrammar, FORMATS } from "../json/format-grammar.js";
import { anyInteger, anyNumber } from "../json/number-grammar.js";
import { anyValue, booleanGrammar, stringGrammar } from "../json/value-grammar.js";
import type { GrammarBounds } from "../rules/grammar-bounds.js";
import { choice, type GrammarNode, ROOT_RULE, ruleNode, text } from "../rules/grammar-node.js";
import { type RuleBook, textChoice } from "../rules/rule-book.js";
import { arrayOfSchema, type InnerConverter, objectOfSchema } from "./convert-containers.js";
import { boundedInteger, boundedNumber } from "./convert-number.js";
import { checkExclusive } from "./exclusive-branches.js";
import { objectsOnly } from "./objects-only.js";
import { assertionsOf, type JsonType, problemAt, readCount, readFixedValues, readTypes } from "./schema-keywords.js";
import { type LocatedSchema, SchemaSource } from "./schema-source.js";
import { type Strictness, UnheldKeywords, type UnheldPart } from "./unheld-keywords.js";

export interface SchemaGrammar {
  readonly node: GrammarNode;
  /** The choices at which an output may have several derivations. */
  readonly branchings: readonly GrammarNode[];
  /** The name of a rule in an error text. */
  readonly nameOf: (rule: string) => string;
  /** Whether `enum` or `const` lists every valid value. */
  readonly isFixed: boolean;
  /** The keywords that the grammar does not hold. */
  readonly notHeld: readonly UnheldPart[];
}

/**
 * Compiles a whole schema and puts its rules in the book.
 * @param options.isObject whether the schema stands for those of its values that are objects; by default it stands for all
 * @param options.strictness which keywords that the grammar cannot hold are refused
 * @throws GrammarProblem with the JSON pointers of the keywords that are refused
 */
export function compileSchema(
  book: RuleBook,
  schema: string,
  options: { bounds: GrammarBounds; strictness: Strictness; isObject?: boolean },
): SchemaGrammar {
  const { bounds, strictness, isObject = false } = options;
  const unheld = new UnheldKeywords(strictness);
  const source = SchemaSource.parse(schema, bounds, unheld);
  const converter = new SchemaConverter(book, source);
  const node = converter.convert(isObject ? objectsOnly(source.root) : source.root, 0);
  const flat = source.flatten(source.root, 0);
  const isFixed = typeof flat.schema === "object" && readFixedValues(flat.schema, flat.at) !== undefined;
  const nameOf = (rule: string): string => {
    const pointer = converter.pointerOf(rule);
    if (pointer !== undefined) return `the schema at ${JSON.stringify(`#${pointer}`)}`;
    return rule === ROOT_RULE ? "the schema" : `its part ${rule}`;
  };
  return { node, branchings: converter.branchings, nameOf, isFixed, notHeld: unheld.finish() };
}

/** A longer string would take too many rules. */
const MAX_STRING_LENGTH = 65_536;

/**
 * Converts a JSON Schema (draft 2020-12) to a grammar. Every output of the grammar is valid, but not every valid value is an output: the model writes no
 * undescribed members, no escaped surrogates, and no number of more than 15 digits. A keyword that cannot be enforced is rejected.
 */
export class SchemaConverter implements InnerConverter {
  readonly book: RuleBook;
  readonly source: SchemaSource;
  readonly branchings: GrammarNode[] = [];
  /** The rule of each schema that a reference resolves to, by its pointer. */
  readonly #referred = new Map<string, string>();
  readonly #pointers = new Map<string, string>();

  constructor(book: RuleBook, source: SchemaSource) {
    this.book = book;
    this.source = source;
  }

  /** The pointer of the schema that the rule was compiled from, if a reference resolves to it. */
  pointerOf(rule: string): string | undefined {
    return this.#pointers.get(rule);
  }

  /**
   * @param level the number of schemas around it
   * @throws GrammarProblem with the JSON pointer of the keyword that cannot be enforced
   */
  convert(located: LocatedSchema, level: number): GrammarNode {
    const { schema, at } = located;
    if (schema === true) return anyValue(this.book);
    if (schema === false) throw problemAt(at, "no value is valid here");
    const assertions = assertionsOf(schema);
    if (assertions.length === 1 && schema.$ref !== undefined) return this.#referTo(schema.$ref, at, level);
    const flat = this.source.flatten(located, level);
    if (typeof flat.schema === "boolean") return this.convert(flat, level);
    const branches = this.source.branchesOf(flat.schema, at, level);
    if (branches === undefined) return this.#convertPlain(flat.schema, at, level);
    if (flat.schema.oneOf !== undefined) checkExclusive(this.source, branches, level);
    const possible = branches.filter((branch) => branch.schema !== false);
    if (possible.length === 0) throw problemAt(at, "no value is valid here");
    const branching = choice(...possible.map((branch) => this.convert(branch, level + 1)));
    if (branching.type === "choice") this.branchings.push(branching);
    return branching;
  }

  convertInner(schema: unknown, at: string, level: number): GrammarNode {
    return this.convert(this.source.locate(schema, at, level + 1), level + 1);
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
        return this.book.add("object", objectOfSchema(this, schema, { at, level }));
    }
  }

  #convertString(schema: JsonObject, at: string): GrammarNode {
    const { format } = schema;
    const min = readCount(schema, "minLength", at) ?? 0;
    const max = readCount(schema, "maxLength", at) ?? Infinity;
    if (min > max) throw problemAt(at, `minLength ${min} is more than maxLength ${max}`);
    for (const [keyword, length] of Object.entries({ minLength: min, maxLength: max })) {
      if (length <= MAX_STRING_LENGTH || length === Infinity) continue;
      throw problemAt(`${at}/${keyword}`, `${length} is more than ${MAX_STRING_LENGTH}, the largest supported length`);
    }
    if (format === undefined) return stringGrammar(this.book, { min, max });
    if (typeof format !== "string" || !FORMATS.includes(format)) {
      this.source.unheld.noteAnnotation(
        `${at}/format`,
        `the format ${JSON.stringify(format)} is not held; those that are held are ${FORMATS.join(", ")}`,
      );
      return stringGrammar(this.book, { min, max });
    }
    if (min > 0 || max < Infinity) throw problemAt(at, `"format" beside "minLength" or "maxLength" is not supported`);
    return formatGrammar(this.book, format);
  }
}
