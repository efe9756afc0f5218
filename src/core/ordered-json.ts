import { isJsonObject, type JsonObject, tryParseJson } from "./json.js";

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

/** Makes the values of a JSON text from its parts, the inner ones first. */
interface JsonBuilder<T> {
  /** Makes an object of its members in the order of the text. Several may have one name, of which the last counts. */
  object(members: readonly (readonly [name: string, value: T])[]): T;
  array(elements: readonly T[]): T;
  string(text: string): T;
  /** Makes a number of the text that spells it. */
  number(literal: string): T;
  word(value: boolean | null): T;
}

const PLAIN: JsonBuilder<unknown> = {
  object: orderedObject,
  array: (elements) => elements,
  string: (text) => text,
  number: Number,
  word: (value) => value,
};

interface JsonReading<T> {
  /** The most arrays and objects around a value, itself included. */
  readonly depth: number;
  readonly builder: JsonBuilder<T>;
}

/**
 * Parses the same texts as JSON.parse, and lets a builder make the values.
 * @throws JsonSyntaxError with the position of the first error
 * @throws JsonDepthError when a value is nested deeper
 */
export function buildFromJson<T>(text: string, reading: JsonReading<T>): T {
  return new OrderedJsonReader(text, reading).read();
}

/**
 * Parses JSON as JSON.parse does, but keeps the order in which the text names the members of an object. `membersOf` and `writeOrderedJson` tell it.
 * @param depth the most arrays and objects around a value
 * @throws JsonSyntaxError with the position of the first error
 * @throws JsonDepthError when a value is nested deeper
 */
export function parseOrderedJson(text: string, { depth }: { depth: number }): unknown {
  return buildFromJson(text, { depth, builder: PLAIN });
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
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

class OrderedJsonReader<T> {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #builder: JsonBuilder<T>;
  #at = 0;

  constructor(text: string, { depth, builder }: JsonReading<T>) {
    this.#text = text;
    this.#maxDepth = depth;
    this.#builder = builder;
  }

  read(): T {
    const value = this.#value(0);
    this.#take(BLANKS);
    if (this.#at < this.#text.length) throw this.#expected("the end of the text");
    return value;
  }

  #value(depth: number): T {
    this.#take(BLANKS);
    const begin = this.#text[this.#at];
    if ((begin === "{" || begin === "[") && depth >= this.#maxDepth) throw new JsonDepthError();
    if (begin === "{") return this.#object(depth);
    if (begin === "[") return this.#array(depth);
    if (begin === '"') return this.#builder.string(this.#string("a string"));
    const word = WORDS.get(this.#take(WORD) ?? "");
    if (word !== undefined) return this.#builder.word(word);
    const number = this.#take(NUMBER);
    if (number === undefined) throw this.#expected("a value");
    return this.#builder.number(number);
  }

  #object(depth: number): T {
    const members: [string, T][] = [];
    this.#at += 1;
    if (this.#takeMark("}")) return this.#builder.object(members);
    for (;;) {
      this.#take(BLANKS);
      const name = this.#string("the name of a member in double quotes");
      if (!this.#takeMark(":")) throw this.#expected('":" after the name of a member');
      members.push([name, this.#value(depth + 1)]);
      if (this.#takeMark("}")) return this.#builder.object(members);
      if (!this.#takeMark(",")) throw this.#expected('"," or "}" after a member');
    }
  }

  #array(depth: number): T {
    const elements: T[] = [];
    this.#at += 1;
    if (this.#takeMark("]")) return this.#builder.array(elements);
    for (;;) {
      elements.push(this.#value(depth + 1));
      if (this.#takeMark("]")) return this.#builder.array(elements);
      if (!this.#takeMark(",")) throw this.#expected('"," or "]" after an element');
    }
  }

  #string(what: string): string {
    if (this.#text[this.#at] !== '"') throw this.#expected(what);
    const end = endOfString(this.#text, this.#at);
    const value = end === undefined ? undefined : tryParseJson(this.#text.slice(this.#at, end));
    if (end === undefined || typeof value !== "string") {
      throw new JsonSyntaxError(
        this.#text,
        this.#at,
        "the string that begins here does not end, or contains a control character or an unknown escape",
      );
    }
    this.#at = end;
    return value;
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

/** The place after the quote that ends the string which begins at `start`. A pattern would exhaust its stack on a long string with many escapes. */
function endOfString(text: string, start: number): number | undefined {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let first = quote;
    while (text[first - 1] === "\\") first -= 1;
    if ((quote - first) % 2 === 0) return quote + 1;
  }
  return undefined;
}
