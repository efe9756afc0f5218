import { isJsonObject, type JsonObject } from "./json.js";

/** A text that is not JSON. The message names the line, the column and what is wrong there. */
export class JsonSyntaxError extends Error {
  constructor(text: string, index: number, description: string) {
    const before = text.slice(0, index);
    const column = index - (before.lastIndexOf("\n") + 1) + 1;
    super(`at line ${before.split("\n").length}, column ${column}: ${description}`);
    this.name = "JsonSyntaxError";
  }
}

/** A JSON text that is nested deeper than its reader allows. */
export class JsonDepthError extends Error {}

/** The order of the members of objects with names such as `10`, which JavaScript would sort before the others. */
const memberOrder = new WeakMap<object, readonly string[]>();

const INDEX_NAME = /^(?:0|[1-9]\d*)$/;

/**
 * Parses JSON as JSON.parse does, but keeps the order in which the text names the members of an object. `membersOf` and `writeOrderedJson` tell it.
 * @param depth the most arrays and objects around a value
 * @throws JsonSyntaxError with the position of the first error
 * @throws JsonDepthError when a value is nested deeper
 */
export function parseOrderedJson(text: string, { depth }: { depth: number }): unknown {
  return new OrderedJsonReader(text, depth).read();
}

/** The members of an object in the order of its text. */
export function membersOf(object: JsonObject): readonly (readonly [name: string, value: unknown])[] {
  const order = memberOrder.get(object);
  return order === undefined ? Object.entries(object) : order.map((name) => [name, object[name]] as const);
}

/** An object with these members, whose order `membersOf` keeps. The last of several members with one name counts. */
export function orderedObject(members: Iterable<readonly [name: string, value: unknown]>): JsonObject {
  const byName = new Map(members);
  const object = Object.fromEntries(byName);
  if ([...byName.keys()].some((name) => INDEX_NAME.test(name))) memberOrder.set(object, [...byName.keys()]);
  return object;
}

/** Writes a value without white space, its members in the order of the text that it was parsed from. */
export function writeOrderedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${(value as readonly unknown[]).map(writeOrderedJson).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = membersOf(value).map(([name, member]) => `${JSON.stringify(name)}:${writeOrderedJson(member)}`);
  return `{${members.join(",")}}`;
}

const BLANKS = /[ \t\n\r]*/y;
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const WORDS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };

class OrderedJsonReader {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  read(): unknown {
    const value = this.#value(0);
    this.#take(BLANKS);
    if (this.#at < this.#text.length) throw this.#expected("the end of the text");
    return value;
  }

  #value(depth: number): unknown {
    this.#take(BLANKS);
    const begin = this.#text[this.#at];
    if ((begin === "{" || begin === "[") && depth >= this.#maxDepth) throw new JsonDepthError();
    if (begin === "{") return this.#object(depth);
    if (begin === "[") return this.#array(depth);
    if (begin === '"') return this.#string("a string");
    const word = this.#take(WORD);
    if (word !== undefined) return WORDS[word];
    const number = this.#take(NUMBER);
    if (number === undefined) throw this.#expected("a value");
    return Number(number);
  }

  #object(depth: number): JsonObject {
    const members: [string, unknown][] = [];
    this.#at += 1;
    if (this.#takeMark("}")) return {};
    for (;;) {
      this.#take(BLANKS);
      const name = this.#string("the name of a member in double quotes");
      if (!this.#takeMark(":")) throw this.#expected('":" after the name of a member');
      members.push([name, this.#value(depth + 1)]);
      if (this.#takeMark("}")) return orderedObject(members);
      if (!this.#takeMark(",")) throw this.#expected('"," or "}" after a member');
    }
  }

  #array(depth: number): unknown[] {
    const elements: unknown[] = [];
    this.#at += 1;
    if (this.#takeMark("]")) return elements;
    for (;;) {
      elements.push(this.#value(depth + 1));
      if (this.#takeMark("]")) return elements;
      if (!this.#takeMark(",")) throw this.#expected('"," or "]" after an element');
    }
  }

  #string(what: string): string {
    const isBegun = this.#text[this.#at] === '"';
    const literal = this.#take(STRING);
    if (literal !== undefined) return JSON.parse(literal) as string;
    if (!isBegun) throw this.#expected(what);
    throw new JsonSyntaxError(
      this.#text,
      this.#at,
      "the string that begins here does not end, or contains a control character or an unknown escape",
    );
  }

  #takeMark(mark: string): boolean {
    this.#take(BLANKS);
    if (this.#text[this.#at] !== mark) return false;
    this.#at += 1;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0];
    this.#at += taken?.length ?? 0;
    return taken;
  }

  #expected(what: string): JsonSyntaxError {
    const found = this.#text.codePointAt(this.#at);
    const actual = found === undefined ? "the text ends" : `found ${JSON.stringify(String.fromCodePoint(found))}`;
    return new JsonSyntaxError(this.#text, this.#at, `expected ${what}, but ${actual}`);
  }
}
