import type { LiteralCalls } from "../../core/call-syntax.js";
import { anyInteger, anyNumber } from "./json/number-grammar.js";
import { BLANK, booleanGrammar, COMMA } from "./json/value-grammar.js";
import { textUntil } from "./json/text-grammar.js";
import { choice, EMPTY, type GrammarNode, noneOf, oneOf, ruleNode, sequence, text } from "./rules/grammar-node.js";
import { type RuleBook, textChoice } from "./rules/rule-book.js";
import { Language } from "./regex/language.js";
import { writeText } from "./regex/write-language.js";
import { isRestrictedText, languageOfString } from "./schema/convert-string.js";
import { pythonWords } from "./python-words.js";
import type { CompiledMember, CompiledMembers } from "./schema/compile-members.js";
import type { LocatedSchema, SchemaReader } from "./schema/flat-schema.js";
import { membersOfSchema, typesOf } from "./schema/object-members.js";
import { valuesOf } from "./schema/plain-schema.js";

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
function singleQuotedText(book: RuleBook, source: SchemaReader, { schema, located }: CompiledMember): GrammarNode {
  if (schema === undefined || !isRestrictedText(schema)) return anySingleQuoted(book);
  const plain = languageOfString({ book, source }, schema, located.at).subtract(Language.ofPattern(ESCAPED));
  return sequence(text("'"), writeText(book, plain), text("'"));
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

  /** @param level the number of schemas around it. Deep inside, values are free, since schemas may refer to themselves */
  value(located: LocatedSchema, level: number): GrammarNode {
    if (level > MAX_MARKED_LEVELS) return this.any();
    const { plain, groups, at } = this.#source.flatten(located, level);
    if (plain === false) return this.any();
    const fixed = valuesOf(plain);
    if (fixed !== undefined) {
      return textChoice(
        this.#book,
        fixed.map((value) => [this.#written(value), EMPTY] as const),
      );
    }
    const types = typesOf(this.#source, located, level);
    if (types === undefined || groups.length > 0) return this.any();
    return choice(
      ...types.map((type): GrammarNode => {
        switch (type) {
          case "string":
            return this.#string();
          case "integer":
            return anyInteger(this.#book);
          case "number":
            return anyNumber(this.#book);
          case "boolean":
            return booleanGrammar();
          case "null":
            return text("null");
          case "array":
            return this.#array(plain.items, `${at}/items`, level);
          case "object":
            return this.#object(located, level);
        }
      }),
    );
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

  #array(items: unknown, at: string, level: number): GrammarNode {
    const item = items === undefined ? this.any() : this.value(this.#source.locate(items, at, level + 1), level + 1);
    return sequence(
      text("["),
      this.#book.list(this.#book.add("item", item), COMMA, { min: 0, max: Infinity }),
      text("]"),
    );
  }

  #object(located: LocatedSchema, level: number): GrammarNode {
    const { members, isFree } = membersOfSchema(this.#source, located);
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
