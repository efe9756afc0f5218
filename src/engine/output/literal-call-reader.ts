import type { LiteralCalls } from "../../core/call-syntax.js";
import type { CallResult, CallSink } from "./call-sink.js";
import type { BodyReaderOptions } from "./json-call-reader.js";
import { LiteralReader } from "./literal-reader.js";
import { END, type Parser, type TextCursor } from "./text-cursor.js";
import type { TokenReader } from "./token-reader.js";

/** The most units of a parameter's name. */
const MAX_KEY_UNITS = 256;

/** Reads arguments that are written as in a programming language, and makes JSON of them while they come. */
export class LiteralCallReader {
  readonly #cursor: TextCursor;
  readonly #sink: CallSink;
  readonly #tokens: TokenReader;

  constructor({ cursor, sink, tokens }: BodyReaderOptions) {
    this.#cursor = cursor;
    this.#sink = sink;
    this.#tokens = tokens;
  }

  /** Reads the arguments of a call whose name has come, with the marks around them. */
  *read(body: LiteralCalls, name: string): Parser<CallResult> {
    if (!(yield* this.#tokens.mark(body.open))) return "none";
    const literals = new LiteralReader(this.#cursor, this.#sink, body.literals);
    for (let before = "{"; ; before = ", ") {
      const start = this.#cursor.held;
      if (yield* this.#tokens.mark(body.close)) {
        if (before === "{") this.#sink.announce(name, undefined);
        return this.#sink.end(before === "{" ? "{}" : "}");
      }
      this.#cursor.rewind(start);
      const isNext = before === "{" || (yield* this.#tokens.mark(","));
      const key = isNext ? yield* this.#key(body.pair) : undefined;
      if (key === undefined) {
        this.#cursor.rewind(start);
        return before === "{" ? "none" : this.#sink.cut();
      }
      if (before === "{") this.#sink.announce(name, undefined);
      this.#sink.write(`${before}${JSON.stringify(key)}: `);
      this.#sink.settle();
      if (!(yield* literals.value())) return this.#sink.cut();
      this.#sink.settle();
      if (this.#sink.isOver) return "last";
    }
  }

  /** Reads a key and the mark after it. */
  *#key(pair: string): Parser<string | undefined> {
    yield* this.#tokens.next();
    let key = "";
    for (;;) {
      if (this.#cursor.isDry) yield;
      const { unit } = this.#cursor;
      const char = unit === END ? "" : String.fromCharCode(unit);
      if (char === pair) break;
      if (!/^[^\s"'{}[\](),:=<>]$/.test(char) || key.length >= MAX_KEY_UNITS) return undefined;
      key += char;
      this.#cursor.advance();
    }
    this.#cursor.advance();
    return key === "" ? undefined : key;
  }
}
