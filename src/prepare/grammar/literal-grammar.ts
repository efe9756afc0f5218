import type { LiteralCalls } from "../../core/call-syntax.js";
import type { JsonObject } from "../../core/json.js";
import { anyNumber } from "./json/number-grammar.js";
import { BLANK, booleanGrammar, COMMA } from "./json/value-grammar.js";
import { textUntil } from "./json/text-grammar.js";
import {
  choice,
  EMPTY,
  type GrammarNode,
  GrammarProblem,
  noneOf,
  oneOf,
  ruleNode,
  sequence,
  text,
} from "./rules/grammar-node.js";
import { type RuleBook, textChoice } from "./rules/rule-book.js";
import { Language } from "./regex/language.js";
import { writeText } from "./regex/write-language.js";
import { readItemCounts } from "./schema/convert-array.js";
import { numberOfSchema } from "./schema/convert-number.js";
import { isRestrictedText, languageOfString } from "./schema/convert-string.js";
import { pythonWords } from "./python-words.js";
import type { CompiledMember, CompiledMembers } from "./schema/compile-members.js";
import type { FlatSchema, LocatedSchema, PlainFlat, SchemaPlace, SchemaReader } from "./schema/flat-schema.js";
import { membersOfSchema } from "./schema/object-members.js";
import { placeOf } from "./schema/plain-schema.js";
import {
  assertionsOf,
  type JsonType,
  jsonTypeOf,
  NoValueProblem,
  readTypes,
  typesMeet,
} from "./schema/schema-keywords.js";
import { listedValuesOf, stringsOf } from "./schema/texts-of-schema.js";

/** The characters that need an escape in single quotes. */
const ESCAPED = "['\\\\\\u0000-\\u001f]";
/** The most levels of nested values whose schemas are held. */
const MAX_MARKED_LEVELS = 8;

/** A member that is written as `key`, the pair mark and the value. */
interface Pair {
  readonly isRequired: boolean;
  readonly node: GrammarNode;
}

/** The arguments as literals, with commas between them. */
export function literalsGrammar(book: RuleBook, args: CompiledMembers, body: LiteralCalls): GrammarNode {
  const writer = body.literals.type === "marked" ? new MarkedWriter(book, args.source, body.literals.quote) : undefined;
  if (args.isFree) {
    const key = book.repeat(oneOf("A-Za-z0-9_"), 1, 64);
    const value = writer?.any() ?? pythonAny(book);
    return book.list(book.add("pair", sequence(key, text(body.pair), value)), COMMA, { min: 0, max: Infinity });
  }
  const members = writer === undefined ? args.members : sortedByName(args.members);
  const pairs = members.map((member): Pair => {
    const value = writer === undefined ? pythonValue(book, args.source, member) : writer.value(member.located, 1);
    return { isRequired: member.isRequired, node: sequence(text(member.name + body.pair), value) };
  });
  return pairsGrammar(book, pairs);
}

/** Members in the order in which templates with marked literals write them: by name, whatever the case. */
function sortedByName<T extends { readonly name: string }>(members: readonly T[]): readonly T[] {
  const keyOf = ({ name }: T): string => name.toLowerCase();
  return members.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : keyOf(one) > keyOf(other) ? 1 : 0));
}

/** Pairs in their order, with commas between those that are written. */
function pairsGrammar(book: RuleBook, pairs: readonly Pair[]): GrammarNode {
  let first: GrammarNode = EMPTY;
  let more: GrammarNode = EMPTY;
  for (const { isRequired, node } of pairs.toReversed()) {
    const pair = book.add("pair", node);
    const after = sequence(pair, more);
    first = isRequired ? after : book.add("pairs", choice(after, first));
    more = isRequired
      ? book.add("pairs", sequence(COMMA, after))
      : book.add("pairs", choice(sequence(COMMA, after), more));
  }
  return first;
}

/** A Python literal. Containers are JSON, which is valid there but for three words that the reader knows. */
function pythonValue(book: RuleBook, source: SchemaReader, member: CompiledMember): GrammarNode {
  const { fixed, types, toJson } = member;
  const json = toJson();
  const others: GrammarNode[] = [];
  const texts = fixed?.filter((value) => typeof value === "string") ?? [];
  if (texts.length > 0)
    others.push(
      textChoice(
        book,
        texts.map((value) => [singleQuoted(value), EMPTY] as const),
      ),
    );
  else if (fixed === undefined && (types === undefined || types.includes("string"))) {
    others.push(singleQuotedText(book, source, member));
  }
  others.push(...pythonWords(member).map(text));
  return choice(json, ...others);
}

function pythonAny(book: RuleBook): GrammarNode {
  return choice(anySingleQuoted(book), anyNumber(book), booleanGrammar(), text("True"), text("False"), text("None"));
}

function singleQuoted(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
}

/** A string in single quotes. Where the schema restricts it, it has no escapes, or the quotes are double ones. */
function singleQuotedText(book: RuleBook, source: SchemaReader, { alternatives }: CompiledMember): GrammarNode {
  const strings = stringsOf({ book, source }, alternatives);
  if (strings === undefined) return anySingleQuoted(book);
  return sequence(text("'"), writeText(book, strings.subtract(Language.ofPattern(ESCAPED))), text("'"));
}

/** A string in single quotes. A new line may stand in it, since templates write it so. */
function anySingleQuoted(book: RuleBook): GrammarNode {
  const char = book.share("single-char", () =>
    choice(noneOf("'\\\u0000-\u0008\u000b-\u001f"), sequence(text("\\"), oneOf("'\"\\nrt"))),
  );
  return book.share("single-quoted", () => sequence(text("'"), book.repeat(char, 0, Infinity), text("'")));
}

/** Writes values with marks around texts and names without quotes, as far as the schema tells their types. */
class MarkedWriter {
  readonly #book: RuleBook;
  readonly #source: SchemaReader;
  readonly #quote: string;

  constructor(book: RuleBook, source: SchemaReader, quote: string) {
    this.#book = book;
    this.#source = source;
    this.#quote = quote;
  }

  /**
   * @param level the number of schemas around it. Deep inside, values are free, since schemas may refer to themselves
   * @throws NoValueProblem when no value is valid
   */
  value(located: LocatedSchema, level: number): GrammarNode {
    const { unheld } = this.#source;
    const flat = this.#source.flatten(located, level);
    const alternatives = this.#source.alternativesOf(flat, level);
    if (alternatives.length === 0) throw new NoValueProblem(located.at, "no value is valid here");
    if (alternatives.some(({ plain }) => plain !== false && assertionsOf(plain).length === 0)) return this.any();
    if (level > MAX_MARKED_LEVELS) {
      unheld.noteRestriction(located.at, `no schema inside more than ${MAX_MARKED_LEVELS} others is held`);
      return this.any();
    }
    const kinds = alternatives.map((one) => this.#typesOf(one, level));
    const meet = kinds.some((types, index) =>
      kinds.slice(index + 1).some((others) => types.some((type) => others.some((other) => typesMeet(type, other)))),
    );
    if (meet) {
      const place = flat.groups[0]?.at ?? located.at;
      unheld.noteRestriction(place, "branches with values of the same type are not held where texts stand in marks");
      return this.any();
    }
    return choice(...alternatives.map((one) => this.#plainValue(one, level)));
  }

  #typesOf(flat: PlainFlat, level: number): readonly JsonType[] {
    const values = listedValuesOf(this.#source, flat, level);
    if (values !== undefined) return values.map(jsonTypeOf);
    return flat.plain === false ? [] : readTypes(flat.plain, flat.at);
  }

  #plainValue(flat: PlainFlat, level: number): GrammarNode {
    const { plain, at } = flat;
    if (plain === false) throw new NoValueProblem(at, "no value is valid here");
    const listed = listedValuesOf(this.#source, flat, level);
    if (listed !== undefined) {
      return textChoice(
        this.#book,
        listed.map((value) => [this.#written(value), EMPTY] as const),
      );
    }
    const types = readTypes(plain, at);
    if (plain.not !== undefined && types.some((type) => type !== "string")) {
      const place = placeOf(plain, "not", at);
      this.#source.unheld.noteRestriction(place, '"not" is held only for strings where texts stand in marks');
    }
    return choice(...types.map((type) => this.#valueOfType(type, plain, { at, level })));
  }

  #valueOfType(type: JsonType, plain: JsonObject, { at, level }: SchemaPlace): GrammarNode {
    const { unheld } = this.#source;
    switch (type) {
      case "string":
        return this.#restrictedString(plain, at);
      case "integer":
      case "number":
        return numberOfSchema({ book: this.#book, unheld }, plain, { at, isInteger: type === "integer" });
      case "boolean":
        return booleanGrammar();
      case "null":
        return text("null");
      case "array":
        return this.#array(plain, { at, level });
      case "object":
        return this.#object({ plain, groups: [], at }, level);
    }
  }

  #restrictedString(plain: JsonObject, at: string): GrammarNode {
    if (!isRestrictedText(plain)) return this.#string();
    const context = { book: this.#book, source: this.#source };
    try {
      const allowed = languageOfString(context, plain, at).subtract(
        Language.containing(this.#quote, this.#source.work),
      );
      return sequence(text(this.#quote), writeText(this.#book, allowed), text(this.#quote));
    } catch (error) {
      if (!(error instanceof GrammarProblem) || error instanceof NoValueProblem) throw error;
      this.#source.unheld.noteRestriction(at, `the text ${error.message}`);
      return this.#string();
    }
  }

  /** Any value. */
  any(): GrammarNode {
    return this.#book.share("marked-value", () => {
      const value = ruleNode("marked-value");
      const key = this.#book.repeat(noneOf('<>{}[]:,"\u0000-\u0020'), 1, 64);
      const member = this.#book.add("marked-member", sequence(key, text(":"), BLANK, value));
      const count = { min: 0, max: Infinity };
      return choice(
        this.#string(),
        anyNumber(this.#book),
        booleanGrammar(),
        text("null"),
        sequence(text("["), this.#book.list(value, COMMA, count), text("]")),
        sequence(text("{"), this.#book.list(member, COMMA, count), text("}")),
      );
    });
  }

  #string(): GrammarNode {
    return sequence(text(this.#quote), textUntil(this.#book, this.#quote));
  }

  #array(plain: JsonObject, { at, level }: SchemaPlace): GrammarNode {
    for (const keyword of ["prefixItems", "contains", "uniqueItems"]) {
      if (plain[keyword] === undefined || plain[keyword] === false) continue;
      const place = placeOf(plain, keyword, at);
      this.#source.unheld.noteRestriction(place, `"${keyword}" is not held where texts stand in marks`);
    }
    const counts = readItemCounts(plain, at, 0);
    const items = this.#source.locate(plain.items ?? true, `${at}/items`, level + 1);
    try {
      const item = this.#book.add("item", this.value(items, level + 1));
      return sequence(text("["), this.#book.list(item, COMMA, counts), text("]"));
    } catch (error) {
      if (!(error instanceof NoValueProblem) || counts.min > 0) throw error;
      return text("[]");
    }
  }

  #object(flat: FlatSchema, level: number): GrammarNode {
    const { members, isFree } = membersOfSchema(this.#source, flat, level);
    if (isFree) {
      const key = this.#book.repeat(noneOf('<>{}[]:,"\u0000-\u0020'), 1, 64);
      const member = this.#book.add("marked-member", sequence(key, text(":"), this.any()));
      return sequence(text("{"), this.#book.list(member, COMMA, { min: 0, max: Infinity }), text("}"));
    }
    const pairs = sortedByName(members).map((member): Pair => {
      const inner = this.#source.locate(member.schema, member.at, level + 1);
      return { isRequired: member.isRequired, node: sequence(text(`${member.name}:`), this.value(inner, level + 1)) };
    });
    return sequence(text("{"), pairsGrammar(this.#book, pairs), text("}"));
  }

  #written(value: unknown): string {
    if (typeof value === "string") return this.#quote + value + this.#quote;
    if (Array.isArray(value)) return `[${value.map((item: unknown) => this.#written(item)).join(",")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}:${this.#written(item)}`)
      .join(",")}}`;
  }
}
