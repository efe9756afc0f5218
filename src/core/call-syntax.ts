/**
 * One way to write calls: section begin, calls, section end. White space is free between any two parts, and every part may be empty. The beginning of
 * a call must tell it from text, or be `{` or `[` at the very beginning of the answer. Blanks at either end of a mark are written but not required.
 * End marks may be missing, and so may the section's begin if the body's is not empty.
 */
export interface CallSyntax {
  /** Stands before the first call, such as `<｜tool▁calls▁begin｜>`. */
  readonly sectionBegin: string;
  /** Stands after the last call. */
  readonly sectionEnd: string;
  readonly body: CallBody;
}

export type CallBody = ObjectCalls | ArrayCalls | KeyedCalls | NamedCalls | ParameterCalls | LiteralCalls;

/** A body whose calls may be the elements of one list. */
export type ListedCalls = ArrayCalls | KeyedCalls | LiteralCalls;

/** A body in which each call may stand for itself. */
export type SingleCalls = Exclude<CallBody, ArrayCalls | KeyedCalls>;

/** Each call is a JSON object with the name and the arguments among its members, between `begin` and `end`. */
export interface ObjectCalls {
  readonly type: "object";
  readonly begin: string;
  readonly end: string;
  readonly separator: string;
  readonly keys: CallKeys;
}

/** All calls are the elements of one JSON array. */
interface ArrayCalls {
  readonly type: "array";
  readonly keys: CallKeys;
}

/** All calls are the elements of one JSON array. Each is an object whose only member has the tool's name and the arguments: `[{"add": {"a": 1}}]`. */
interface KeyedCalls {
  readonly type: "keyed";
}

/** The plain name of a call between marks. */
export interface CallHead {
  readonly begin: string;
  /** Other marks that models write in place of `begin`. Default: none. */
  readonly otherBegins?: readonly string[];
  /** Stands before the name, after `begin` and an id of letters, digits, `_` and `-`, which may be empty. Default: the name comes after `begin`. */
  readonly nameMark?: string;
  /** Stands between name and `middle`, before an id of letters, digits, `_` and `-`, if the model gives one. Default: no id is read. */
  readonly idMark?: string;
  readonly middle: string;
  /** Other marks that models write in place of `middle`. Default: none. */
  readonly otherMiddles?: readonly string[];
}

/** Each call is its plain name and its arguments as JSON: `begin` name `middle` arguments `end`. */
export interface NamedCalls extends CallHead {
  readonly type: "named";
  readonly end: string;
  readonly separator: string;
}

/**
 * Each call is its plain name and its arguments one by one: `begin` name `middle`, the parameters, `close` `end`. A value is plain text if the tool
 * takes a string there, and JSON otherwise.
 */
export interface ParameterCalls extends CallHead {
  readonly type: "parameters";
  readonly parameter: ParameterMarks;
  /** Ends the arguments. Unlike `end` it must be there. */
  readonly close: string;
  readonly end: string;
  readonly separator: string;
}

/** The marks of one parameter: `begin` key `middle` value `end`. A new line at the end of `middle` and one at the beginning of `end` are no part of the value. */
export interface ParameterMarks {
  readonly begin: string;
  /** The marks between key and value. The type of the value chooses among them. */
  readonly middles: readonly ParameterMiddle[];
  readonly end: string;
  /** Marks that may stand around a text, inside which the end mark means nothing. Default: none. */
  readonly quotes?: readonly [begin: string, end: string];
}

export interface ParameterMiddle {
  readonly mark: string;
  /** The types of the values after it. Default: it tells no type. */
  readonly types?: readonly JsonTypeName[];
}

/**
 * Each call is written as in a programming language: `begin` name `open` key `pair` value, … `close` `end`. Values are literals, from which the reader
 * makes JSON.
 */
export interface LiteralCalls {
  readonly type: "literal";
  readonly begin: string;
  /** Whether the calls stand between brackets, with commas between them. */
  readonly isList: boolean;
  readonly open: string;
  readonly pair: string;
  readonly close: string;
  readonly end: string;
  readonly separator: string;
  readonly literals: Literals;
}

/** python: strings in either quotes with escapes, True, False and None. JSON is read too. marked: strings between marks without escapes, and keys without quotes, in the order of the alphabet. */
export type Literals = { readonly type: "python" } | { readonly type: "marked"; readonly quote: string };

/** The keys of a call's members. */
export interface CallKeys {
  readonly name: string;
  /** Calls are forced into the first. */
  readonly arguments: readonly string[];
  /** The key of the model's own id for the call. The id is read if it comes before the arguments. */
  readonly id: string | undefined;
}

export type JsonTypeName = "null" | "boolean" | "integer" | "number" | "array" | "string" | "object";

/** The types of each tool's parameters, by the name of the tool and of the parameter. A parameter whose types are unknown is left out. */
export type ParameterTypes = Readonly<Record<string, Readonly<Record<string, readonly JsonTypeName[]>>>>;

/** Whether the calls of a body are the elements of one list. */
export function isListed(body: CallBody): body is ListedCalls {
  return body.type === "array" || body.type === "keyed" || (body.type === "literal" && body.isList);
}
