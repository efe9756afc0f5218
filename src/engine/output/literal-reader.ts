import type { Literals } from "../../core/call-syntax.js";
import { isBlank, MAX_JSON_DEPTH } from "./json-check.js";
import { END, type Parser, TextCursor } from "./text-cursor.js";

/** Takes the JSON that a literal reader makes. */
export interface LiteralSink {
  /** Takes JSON that was made of the text up to the cursor. */
  write(json: string): void;
  /** Is told before more text is waited for. */
  settle(): void;
  /** Whether nothing more is wanted. */
  readonly isOver: boolean;
}

/** The closing units of objects, arrays and tuples, by the opening ones. */
const CLOSING: ReadonlyMap<number, string> = new Map([
  [0x7b, "}"],
  [0x5b, "]"],
  [0x28, ")"],
]);

const WORDS: ReadonlyMap<string, string> = new Map([
  ["true", "true"],
  ["True", "true"],
  ["false", "false"],
  ["False", "false"],
  ["null", "null"],
  ["None", "null"],
]);

/** The escapes of Python that JSON lacks. */
const PYTHON_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["'", "'"],
  ["\n", ""],
  ["a", "\\u0007"],
  ["v", "\\u000b"],
  ["0", "\\u0000"],
]);

/** The most units of a number or a word. */
const MAX_WORD_UNITS = 400;

/** Reads literals and writes them as JSON while they come. JSON in, the same JSON out. */
export class LiteralReader {
  readonly #cursor: TextCursor;
  readonly #sink: LiteralSink;
  readonly #quote: string | undefined;

  constructor(cursor: TextCursor, sink: LiteralSink, literals: Literals) {
    this.#cursor = cursor;
    this.#sink = sink;
    this.#quote = literals.type === "marked" ? literals.quote : undefined;
  }

  /** Reads one literal after blanks. @returns whether it is complete; what was written of one that is not stands */
  *value(depth = 0): Parser<boolean> {
    const unit = yield* this.#skipBlanks(depth > 0);
    const closing = CLOSING.get(unit);
    if (closing !== undefined) return depth < MAX_JSON_DEPTH && (yield* this.#container(closing, depth + 1));
    if (yield* this.#string()) return true;
    const word = yield* this.#word();
    const json = WORDS.get(word) ?? jsonNumber(word);
    if (json === undefined) this.#cursor.rewind(this.#cursor.held - word.length);
    else this.#sink.write(json);
    return json !== undefined;
  }

  /** Reads the name of a member: a string, or a plain word up to a colon. */
  *#key(): Parser<boolean> {
    yield* this.#skipBlanks(false);
    if (yield* this.#string()) return true;
    let key = "";
    for (;;) {
      const unit = yield* this.#peek();
      const char = unit === END ? "" : String.fromCharCode(unit);
      if (!/^[^\s"'{}[\](),:=]$/.test(char) || key.length >= MAX_WORD_UNITS) break;
      key += char;
      this.#cursor.advance();
    }
    if (key !== "") this.#sink.write(JSON.stringify(key));
    return key !== "";
  }

  *#container(closing: string, depth: number): Parser<boolean> {
    const isObject = closing === "}";
    const end = isObject ? "}" : "]";
    this.#cursor.advance();
    this.#sink.write(isObject ? "{" : "[");
    for (let comma = ""; ; comma = ",") {
      const blanks = yield* this.#blanks();
      if ((yield* this.#next()) === closing.charCodeAt(0)) {
        this.#cursor.advance();
        this.#sink.write(blanks + end);
        return true;
      }
      this.#sink.write(comma + blanks);
      if (isObject && !((yield* this.#key()) && (yield* this.#colon()))) return false;
      if (!(yield* this.value(depth))) return false;
      const before = yield* this.#blanks();
      const unit = yield* this.#next();
      this.#sink.write(before);
      if (unit === 0x2c) this.#cursor.advance();
      else if (unit !== closing.charCodeAt(0)) return false;
    }
  }

  *#colon(): Parser<boolean> {
    yield* this.#skipBlanks(true);
    if ((yield* this.#next()) !== 0x3a) return false;
    this.#cursor.advance();
    this.#sink.write(":");
    return true;
  }

  *#string(): Parser<boolean> {
    if (this.#quote !== undefined) return (yield* this.#mark(this.#quote)) && (yield* this.#marked(this.#quote));
    const quote = yield* this.#next();
    if (quote !== 0x22 && quote !== 0x27) return false;
    this.#cursor.advance();
    this.#sink.write('"');
    for (;;) {
      const unit = yield* this.#next();
      if (unit === END) return false;
      this.#cursor.advance();
      if (unit === quote) break;
      if (unit === 0x5c) yield* this.#escape();
      else this.#sink.write(escapeUnit(unit));
    }
    this.#sink.write('"');
    return true;
  }

  *#escape(): Parser<void> {
    const unit = yield* this.#next();
    if (unit === END) return;
    const char = String.fromCharCode(unit);
    this.#cursor.advance();
    if (char !== "x" && char !== "u") {
      const isJson = '"\\/bfnrt'.includes(char);
      this.#sink.write(isJson ? `\\${char}` : (PYTHON_ESCAPES.get(char) ?? `\\\\${escapeUnit(unit)}`));
      return;
    }
    const digits = char === "x" ? 2 : 4;
    let hex = "";
    while (hex.length < digits) {
      const next = yield* this.#next();
      if (!/[0-9a-fA-F]/.test(String.fromCharCode(next))) break;
      hex += String.fromCharCode(next);
      this.#cursor.advance();
    }
    this.#sink.write(hex.length === digits ? `\\u${hex.padStart(4, "0")}` : `\\\\${char}${hex}`);
  }

  /** Reads a text without escapes up to its mark. */
  *#marked(quote: string): Parser<boolean> {
    this.#sink.write('"');
    for (;;) {
      const unit = yield* this.#next();
      if (unit === END) return false;
      if (unit === quote.charCodeAt(0)) {
        this.#sink.settle();
        if (yield* this.#mark(quote)) break;
      }
      this.#cursor.advance();
      this.#sink.write(escapeUnit(unit));
    }
    this.#sink.write('"');
    return true;
  }

  /** Reads a mark. The cursor does not move if it is not there. */
  *#mark(mark: string): Parser<boolean> {
    const start = this.#cursor.held;
    for (let at = 0; at < mark.length; at++) {
      if ((yield* this.#peek()) !== mark.charCodeAt(at)) {
        this.#cursor.rewind(start);
        return false;
      }
      this.#cursor.advance();
    }
    return true;
  }

  *#word(): Parser<string> {
    let word = "";
    for (;;) {
      const unit = yield* this.#peek();
      const char = unit === END ? "" : String.fromCharCode(unit);
      if (!/^[\w.+-]$/.test(char) || word.length >= MAX_WORD_UNITS) return word;
      word += char;
      this.#cursor.advance();
    }
  }

  *#blanks(): Parser<string> {
    let blanks = "";
    for (;;) {
      const unit = yield* this.#peek();
      if (!isBlank(unit)) return blanks;
      blanks += String.fromCharCode(unit);
      this.#cursor.advance();
    }
  }

  /** @returns the unit after the blanks */
  *#skipBlanks(isKept: boolean): Parser<number> {
    const blanks = yield* this.#blanks();
    if (isKept) this.#sink.write(blanks);
    return yield* this.#next();
  }

  /** @returns the next unit, without settling what is held; END also when nothing more is wanted */
  *#peek(): Parser<number> {
    if (this.#sink.isOver) return END;
    if (this.#cursor.isDry) yield;
    return this.#cursor.unit;
  }

  /** @returns the next unit; END also when nothing more is wanted */
  *#next(): Parser<number> {
    while (this.#cursor.isDry) {
      this.#sink.settle();
      if (this.#sink.isOver) return END;
      yield;
    }
    return this.#cursor.unit;
  }
}

/** A unit of a text as it stands in a JSON string. */
export function escapeUnit(unit: number): string {
  if (unit >= 0x20 && unit !== 0x22 && unit !== 0x5c) return String.fromCharCode(unit);
  return JSON.stringify(String.fromCharCode(unit)).slice(1, -1);
}

/** The number as JSON writes it. undefined means that the word is no number. */
function jsonNumber(word: string): string | undefined {
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word)) return word;
  const plain = word.replaceAll("_", "");
  const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain) ? Number(plain) : NaN;
  return Number.isFinite(value) ? JSON.stringify(value) : undefined;
}

/** The literal as JSON. undefined means that the text is no single literal. */
export function literalToJson(text: string, literals: Literals): string | undefined {
  const cursor = new TextCursor();
  cursor.push(text.trim());
  cursor.end();
  let json = "";
  const sink = { write: (part: string): void => void (json += part), settle: (): void => undefined, isOver: false };
  const result = new LiteralReader(cursor, sink, literals).value().next();
  return result.done === true && result.value && cursor.unit === END ? json : undefined;
}
