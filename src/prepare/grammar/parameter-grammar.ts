import type { ParameterMarks, ParameterMiddle } from "../../core/call-syntax.js";
import { textUntil } from "./json/text-grammar.js";
import { Language } from "./regex/language.js";
import { writeText } from "./regex/write-language.js";
import {
  choice,
  EMPTY,
  type GrammarNode,
  GrammarProblem,
  oneOf,
  optional,
  sequence,
  text,
} from "./rules/grammar-node.js";
import { type RuleBook, textChoice } from "./rules/rule-book.js";
import type { CompiledMember, CompiledMembers } from "./schema/compile-members.js";
import { pythonWords } from "./python-words.js";
import { NoValueProblem } from "./schema/schema-keywords.js";
import { noteRestrictions, restrictionsOf, stringsOf, wordsOf } from "./schema/texts-of-schema.js";

const NEWLINE: GrammarNode = optional(text("\n"));
const MAX_FREE_NAME = 64;

/** The arguments one by one between marks. Texts stand without quotes, and other values are JSON. */
export function parametersGrammar(book: RuleBook, args: CompiledMembers, marks: ParameterMarks): GrammarNode {
  const [middle] = marks.middles;
  if (args.isFree && middle !== undefined) {
    const name = book.repeat(oneOf("A-Za-z0-9_.-"), 1, MAX_FREE_NAME);
    const value = sequence(text(marks.begin), name, text(middle.mark), textUntil(book, marks.end.trim()), NEWLINE);
    return book.repeat(book.add("parameter", value), 0, Infinity);
  }
  return sequence(
    ...args.members.map((member) => {
      const one = parameterGrammar(book, member, { args, marks });
      return member.isRequired ? one : optional(one);
    }),
  );
}

function parameterGrammar(
  book: RuleBook,
  member: CompiledMember,
  { args, marks }: { args: CompiledMembers; marks: ParameterMarks },
): GrammarNode {
  const isText = member.types === undefined || member.types.includes("string");
  const middles = marks.middles.filter(({ types }) => fits(types, member, isText));
  const value = isText ? textValue(book, member, { args, marks }) : jsonValue(member, marks);
  const entries = middles.map(({ mark }) => [mark, EMPTY] as const);
  const middle = textChoice(book, entries.length > 0 ? entries : [[marks.middles[0]?.mark ?? "", EMPTY]]);
  return book.add("parameter", sequence(text(marks.begin + member.name), middle, value, NEWLINE));
}

function fits(types: ParameterMiddle["types"], member: CompiledMember, isText: boolean): boolean {
  if (types === undefined) return true;
  return isText ? types.includes("string") : (member.types?.some((type) => types.includes(type)) ?? false);
}

/** JSON, or one of Python's words in place of its own, since templates write values as Python does. */
function jsonValue(member: CompiledMember, marks: ParameterMarks): GrammarNode {
  return sequence(choice(member.toJson(), ...pythonWords(member).map(text)), endOf(marks));
}

/** A text and the mark that ends it. Listed values stand as they are. */
function textValue(
  book: RuleBook,
  { fixed, types, alternatives, located }: CompiledMember,
  { args, marks }: { args: CompiledMembers; marks: ParameterMarks },
): GrammarNode {
  const end = marks.end.trim();
  const { source, unheld } = args;
  const listed = fixed?.map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
  const written = listed?.filter((value) => !value.includes(end));
  if (written !== undefined && written.length > 0) {
    const values = textChoice(
      book,
      written.map((value) => [value, EMPTY] as const),
    );
    return sequence(values, endOf(marks));
  }
  if (types === undefined || alternatives.every((flat) => restrictionsOf(flat).length === 0)) {
    return textUntil(book, end);
  }
  try {
    const strings = stringsOf({ book, source }, alternatives);
    const isText = types.every((type) => type === "string");
    if (strings === undefined && isText) return textUntil(book, end);
    const words = wordsOf(source, alternatives);
    if (strings === undefined || words === undefined) {
      noteRestrictions(source, alternatives, "where the value may be a text without quotes or something else");
      return textUntil(book, end);
    }
    const allowed = words.length === 0 ? strings : strings.unite(Language.ofTexts(words, source.work));
    return sequence(writeText(book, allowed.subtract(Language.containing(end, source.work))), endOf(marks));
  } catch (error) {
    if (!(error instanceof GrammarProblem) || error instanceof NoValueProblem) throw error;
    unheld.noteRestriction(located.at, `the text ${error.message}`);
    return textUntil(book, end);
  }
}

/** The end mark after a value that is complete without it. */
function endOf({ end }: ParameterMarks): GrammarNode {
  const before = end.startsWith("\n") ? NEWLINE : EMPTY;
  return sequence(before, text(end.trim()));
}
