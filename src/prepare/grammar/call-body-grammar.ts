import {
  type CallBody,
  type CallKeys,
  type CallSyntax,
  isListed,
  type ListedCalls,
  type NamedCalls,
  type ParameterCalls,
  type SingleCalls,
} from "../../core/call-syntax.js";
import { BLANK, COLON, COMMA } from "./json/value-grammar.js";
import { choice, EMPTY, type GrammarNode, oneOf, optional, sequence, text } from "./rules/grammar-node.js";
import { type RuleBook, type TextEntry, textChoice } from "./rules/rule-book.js";

/** Models that mark their calls often put them on lines of their own. */
const NEWLINE: GrammarNode = optional(text("\n"));
/** The most characters of a model's own id. */
const MAX_ID_CHARS = 64;

/** A tool and the grammar of its arguments in the form of the body, without the marks around all of them. */
export interface CallableTool {
  readonly name: string;
  readonly args: GrammarNode;
}

/** The text that opens calls in their first form, blanks at its end left out. It is empty where the calls begin with `{` or `[`. */
export function callOpening({ sectionBegin, body }: CallSyntax): string {
  if (sectionBegin.trim() !== "") return sectionBegin.trimEnd();
  return "begin" in body ? body.begin.trimEnd() : "";
}

/** One to `most` calls, from after the text that `callOpening` gives on. */
export function callsAfterOpening(
  book: RuleBook,
  syntax: CallSyntax,
  { tools, most }: { tools: readonly CallableTool[]; most: number },
): GrammarNode {
  const { sectionBegin, sectionEnd, body } = syntax;
  const call = book.add(
    "call",
    textChoice(
      book,
      tools.map((tool) => callEntry(book, body, tool)),
    ),
  );
  const count = { min: 1, max: most };
  const end = endMark(sectionEnd);
  if (isListed(body)) {
    const element = book.add("element", sequence(elementBegin(book, body), call));
    const separator = sequence(text(","), BLANK, elementBlank(book));
    const list = sequence(
      text("["),
      elementBlank(book),
      book.list(element, separator, count),
      elementBlank(book),
      text("]"),
    );
    return sequence(sectionBegin.trim() === "" ? EMPTY : NEWLINE, list, end);
  }
  const one = sequence(objectBegin(book, body), call, endMark(body.end));
  const marked = book.add("marked", sequence(beginMark(body), one));
  const another = sequence(separatorOf(body.separator, body.begin), marked);
  const rest = book.repeat(another, 0, most - 1);
  if (sectionBegin.trim() !== "") return sequence(NEWLINE, marked, rest, end);
  return sequence(blankAfter(body), one, rest, end);
}

/** A call from the tool's name on. The name is given as text, since names may begin alike. */
function callEntry(book: RuleBook, body: CallBody, { name, args }: CallableTool): TextEntry {
  switch (body.type) {
    case "named":
      return [name, sequence(middleOf(book, body), args)];
    case "parameters":
      return [name, sequence(middleOf(book, body), args, text(body.close))];
    case "literal":
      return [name, sequence(text(body.open), args, text(body.close))];
    case "keyed":
      return [JSON.stringify(name), sequence(COLON, args, text("}"))];
    case "array":
    case "object": {
      const key = JSON.stringify(body.keys.arguments[0] ?? "arguments");
      const id = body.keys.id === undefined ? EMPTY : optional(sequence(COMMA, idMember(book, body.keys.id)));
      return [
        JSON.stringify(name),
        sequence(COMMA, elementBlank(book), text(key), COLON, args, id, objectEnd(book, body)),
      ];
    }
  }
}

/** The mark after the name, with an id before it if the model gives one. */
function middleOf(book: RuleBook, { type, idMark, middle }: NamedCalls | ParameterCalls): GrammarNode {
  const id = idMark === undefined ? EMPTY : optional(sequence(text(idMark), idChars(book)));
  if (type === "named") return sequence(id, text(middle), middle === "" ? EMPTY : NEWLINE);
  return sequence(id, middle.endsWith("\n") ? sequence(text(middle.trimEnd()), NEWLINE) : text(middle));
}

function elementBegin(book: RuleBook, body: ListedCalls): GrammarNode {
  if (body.type === "keyed") return text("{");
  return body.type === "array" ? jsonBegin(book, body.keys) : EMPTY;
}

function objectBegin(book: RuleBook, body: SingleCalls): GrammarNode {
  if (body.type === "object") return jsonBegin(book, body.keys);
  const nameMark = body.type === "literal" ? undefined : body.nameMark;
  return nameMark === undefined ? EMPTY : sequence(optional(idChars(book)), text(nameMark));
}

/** A call's object up to its name. Some models write an id first. */
function jsonBegin(book: RuleBook, keys: CallKeys): GrammarNode {
  const name = sequence(text(JSON.stringify(keys.name)), COLON);
  const isFirst = keys.id !== undefined && keys.id !== "id";
  const id = isFirst ? optional(sequence(idMember(book, keys.id), COMMA)) : EMPTY;
  return sequence(text("{"), elementBlank(book), id, name);
}

function objectEnd(book: RuleBook, body: CallBody): GrammarNode {
  return body.type === "array" ? sequence(elementBlank(book), text("}")) : text("}");
}

function idMember(book: RuleBook, key: string): GrammarNode {
  return sequence(text(JSON.stringify(key)), COLON, text('"'), idChars(book), text('"'));
}

function idChars(book: RuleBook): GrammarNode {
  return book.share("id", () => book.repeat(oneOf("A-Za-z0-9_"), 1, MAX_ID_CHARS));
}

/** Templates that write calls in an array put them on indented lines. */
function elementBlank(book: RuleBook): GrammarNode {
  return book.share("indent", () => choice(sequence(text("\n"), book.repeat(text(" "), 0, 8)), EMPTY));
}

function beginMark(body: SingleCalls): GrammarNode {
  return body.begin === "" ? EMPTY : sequence(text(body.begin.trimEnd()), blankAfter(body));
}

/** The blanks after the mark of a call. A new line before an object is free, as models write it or not. */
function blankAfter({ type, begin }: SingleCalls): GrammarNode {
  const blanks = begin.slice(begin.trimEnd().length);
  return type === "object" && begin !== "" && (blanks === "" || blanks === "\n") ? NEWLINE : text(blanks);
}

function endMark(end: string): GrammarNode {
  return end.trim() === "" ? EMPTY : sequence(NEWLINE, text(end.trim()));
}

/** The text between two calls: the syntax's separator with an optional blank after it, or else at most a new line. */
function separatorOf(separator: string, begin: string): GrammarNode {
  if (separator.trim() !== "") return sequence(text(separator), begin.startsWith(" ") ? EMPTY : BLANK);
  return separator === "" ? NEWLINE : optional(text(separator));
}
