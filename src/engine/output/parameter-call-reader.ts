import type { JsonTypeName, Literals, ParameterCalls, ParameterMarks, ParameterTypes } from "../../core/call-syntax.js";
import type { CallResult, CallSink } from "./call-sink.js";
import type { BodyReaderOptions } from "./json-call-reader.js";
import { escapeUnit, LiteralReader, literalToJson } from "./literal-reader.js";
import { END, type Parser, type TextCursor } from "./text-cursor.js";
import type { TokenReader } from "./token-reader.js";

const NEW_LINE = 0x0a;
const PYTHON: Literals = { type: "python" };
/** The most units of a parameter's name. */
const MAX_KEY_UNITS = 256;

interface Key {
  readonly name: string;
  readonly types: readonly JsonTypeName[] | undefined;
}

interface CalledTool {
  readonly name: string;
  readonly id: string | undefined;
}

/** Reads arguments that come one by one between marks, and makes JSON of them: texts while they come, and other values as soon as their type is certain. */
export class ParameterCallReader {
  readonly #cursor: TextCursor;
  readonly #sink: CallSink;
  readonly #tokens: TokenReader;
  readonly #types: ParameterTypes;

  constructor({ cursor, sink, tokens }: BodyReaderOptions, types: ParameterTypes) {
    this.#cursor = cursor;
    this.#sink = sink;
    this.#tokens = tokens;
    this.#types = types;
  }

  /** Reads the parameters of a call whose name has come, and the mark that closes them. */
  *read({ parameter, close }: ParameterCalls, tool: CalledTool): Parser<CallResult> {
    for (let before = "{"; ; before = ", ") {
      const start = this.#cursor.held;
      if (yield* this.#tokens.mark(close)) {
        if (before === "{") this.#sink.announce(tool.name, tool.id);
        return this.#sink.end(before === "{" ? "{}" : "}");
      }
      this.#cursor.rewind(start);
      const key = (yield* this.#tokens.mark(parameter.begin)) ? yield* this.#key(parameter, tool.name) : undefined;
      if (key === undefined) {
        this.#cursor.rewind(start);
        return before === "{" ? "none" : this.#sink.cut();
      }
      if (before === "{") this.#sink.announce(tool.name, tool.id);
      this.#sink.write(`${before}${JSON.stringify(key.name)}: `);
      this.#sink.settle();
      if (!(yield* this.#value(parameter, key.types))) return this.#sink.cut();
      this.#sink.settle();
      if (this.#sink.isOver) return "last";
    }
  }

  /** Reads a key and the mark after it. */
  *#key({ middles }: ParameterMarks, tool: string): Parser<Key | undefined> {
    let name = "";
    for (;;) {
      const start = this.#cursor.held;
      for (const { mark, types } of middles) {
        if (yield* this.#exact(mark.trimEnd())) {
          if (mark.endsWith("\n")) yield* this.#exact("\n");
          const own = this.#types[tool];
          const known = own !== undefined && Object.hasOwn(own, name) ? own[name] : undefined;
          return { name, types: types ?? known };
        }
        this.#cursor.rewind(start);
      }
      if (this.#cursor.isDry) yield;
      const { unit } = this.#cursor;
      if (unit === END || unit === NEW_LINE || name.length >= MAX_KEY_UNITS) return undefined;
      name += String.fromCharCode(unit);
      this.#cursor.advance();
    }
  }

  /** Reads a value and the mark that ends it. */
  *#value(marks: ParameterMarks, types: readonly JsonTypeName[] | undefined): Parser<boolean> {
    if (marks.quotes !== undefined && (yield* this.#exact(marks.quotes[0]))) {
      return (yield* this.#text(marks.quotes[1])) && (yield* this.#ended(marks.end));
    }
    if (types?.every((type) => type === "string") === true) return yield* this.#text(marks.end);
    if (types?.includes("string") === false) {
      const unit = yield* this.#tokens.next();
      if (unit === 0x7b || unit === 0x5b) {
        const isWhole = yield* new LiteralReader(this.#cursor, this.#sink, PYTHON).value();
        return isWhole && (yield* this.#ended(marks.end));
      }
      this.#cursor.rewind(0);
    }
    return yield* this.#untyped(marks.end, types);
  }

  /** Reads the end mark after a value that is complete without it. */
  *#ended(end: string): Parser<boolean> {
    this.#sink.settle();
    if (yield* this.#tokens.mark(end)) return true;
    this.#cursor.rewind(0);
    return false;
  }

  /**
   * Reads a text up to its end mark and gives it out as it comes.
   * @param begun the JSON of the text up to the cursor
   */
  *#text(end: string, begun = '"'): Parser<boolean> {
    this.#sink.write(begun);
    for (;;) {
      if (this.#cursor.isDry) {
        this.#sink.settle();
        if (this.#sink.isOver) return false;
        yield;
        continue;
      }
      const { unit } = this.#cursor;
      if (unit === END) return false;
      if (yield* this.#isEnd(end)) break;
      this.#sink.write(escapeUnit(unit));
      this.#cursor.advance();
    }
    this.#sink.write('"');
    return true;
  }

  /** Reads a value that may be a text or something else, which is certain only at its end. A value that is cut off or very long is a text if it may be. */
  *#untyped(end: string, types: readonly JsonTypeName[] | undefined): Parser<boolean> {
    let text = "";
    for (;;) {
      if (this.#cursor.isDry) yield;
      const { unit } = this.#cursor;
      if (unit === END || this.#cursor.held >= this.#tokens.maxHeld) {
        if (types?.includes("string") !== false) return yield* this.#text(end, `"${escaped(text)}`);
        this.#cursor.rewind(0);
        return false;
      }
      if (yield* this.#isEnd(end)) break;
      text += String.fromCharCode(unit);
      this.#cursor.advance();
    }
    const json = literalToJson(text, PYTHON);
    const isOther = json !== undefined && (types === undefined || isOfType(json, types));
    this.#sink.write(isOther ? json : `"${escaped(text)}"`);
    return true;
  }

  /** Reads an end mark, with a new line before it that belongs to it. The cursor does not move if it is not there. */
  *#isEnd(end: string): Parser<boolean> {
    const { unit } = this.#cursor;
    const mark = end.trim();
    const takesLine = end.startsWith("\n");
    if (unit !== mark.charCodeAt(0) && !(takesLine && unit === NEW_LINE)) return false;
    const start = this.#cursor.held;
    if (takesLine) yield* this.#exact("\n");
    if (yield* this.#exact(mark)) return true;
    this.#cursor.rewind(start);
    return false;
  }

  /** Reads a text without blanks before it. The cursor does not move if it is not there. */
  *#exact(text: string): Parser<boolean> {
    const start = this.#cursor.held;
    for (let at = 0; at < text.length; at++) {
      if (this.#cursor.isDry) yield;
      if (this.#cursor.unit !== text.charCodeAt(at)) {
        this.#cursor.rewind(start);
        return false;
      }
      this.#cursor.advance();
    }
    return true;
  }
}

function escaped(text: string): string {
  return Array.from(text, (char) => (char.length > 1 ? char : escapeUnit(char.charCodeAt(0)))).join("");
}

function isOfType(json: string, types: readonly JsonTypeName[]): boolean {
  const value: unknown = JSON.parse(json);
  if (value === null) return types.includes("null");
  if (Array.isArray(value)) return types.includes("array");
  if (typeof value === "number") {
    return types.includes("number") || (types.includes("integer") && Number.isInteger(value));
  }
  return types.some((type) => type === typeof value);
}
