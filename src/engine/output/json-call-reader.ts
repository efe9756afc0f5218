import type { CallKeys } from "../../core/call-syntax.js";
import type { CallResult, CallSink } from "./call-sink.js";
import { isJsonObject, JsonCheck } from "./json-check.js";
import type { Parser, TextCursor } from "./text-cursor.js";
import type { TokenReader } from "./token-reader.js";

const OPEN_BRACE = 0x7b;
const QUOTE = 0x22;

/** The members of a call that is not announced yet. */
interface Draft {
  name?: string | undefined;
  id?: string | undefined;
  arguments?: string | undefined;
}

export interface BodyReaderOptions {
  readonly cursor: TextCursor;
  readonly sink: CallSink;
  readonly tokens: TokenReader;
  /** The names of the tools. Text with another name is no call. */
  readonly toolNames: ReadonlySet<string>;
}

/** Reads calls and arguments that are JSON, whose text is given out as it stands. */
export class JsonCallReader {
  readonly #cursor: TextCursor;
  readonly #sink: CallSink;
  readonly #tokens: TokenReader;
  readonly #toolNames: ReadonlySet<string>;

  constructor({ cursor, sink, tokens, toolNames }: BodyReaderOptions) {
    this.#cursor = cursor;
    this.#sink = sink;
    this.#tokens = tokens;
    this.#toolNames = toolNames;
  }

  /** Reads the arguments of a call whose name has come. */
  *named(name: string, id: string | undefined): Parser<CallResult> {
    if ((yield* this.#tokens.next()) !== OPEN_BRACE) return "none";
    this.#sink.announce(name, id);
    return yield* this.#arguments();
  }

  /** Reads an object whose only member has the tool's name. */
  *keyed(): Parser<CallResult> {
    if (!(yield* this.#tokens.mark("{"))) return "none";
    const name = yield* this.#tokens.string();
    if (name === undefined || !this.#toolNames.has(name) || !(yield* this.#tokens.mark(":"))) return "none";
    const outcome = yield* this.named(name, undefined);
    return outcome === "whole" ? yield* this.#restOfObject() : outcome;
  }

  /** Reads an object with the name and the arguments among its members. */
  *object(keys: CallKeys): Parser<CallResult> {
    if (!(yield* this.#tokens.mark("{"))) return "none";
    const draft: Draft = {};
    do {
      const key = yield* this.#tokens.string();
      if (key === undefined || !(yield* this.#tokens.mark(":"))) return "none";
      const outcome = yield* this.#member(keys, key, draft);
      if (outcome === "whole") return yield* this.#restOfObject();
      if (outcome !== "member") return outcome;
    } while (yield* this.#tokens.mark(","));
    return "none";
  }

  /** Reads a member's value. @returns "member" if the call can't be announced yet */
  *#member(keys: CallKeys, key: string, draft: Draft): Parser<CallResult | "member"> {
    const unit = yield* this.#tokens.next();
    if (key === keys.name && draft.name === undefined) {
      draft.name = yield* this.#tokens.string();
      if (draft.name === undefined || !this.#toolNames.has(draft.name)) return "none";
    } else if (keys.arguments.includes(key) && draft.arguments === undefined) {
      if (unit === OPEN_BRACE && draft.name !== undefined) {
        this.#sink.announce(draft.name, draft.id);
        return yield* this.#arguments();
      }
      draft.arguments = yield* this.#wholeArguments(unit);
      if (draft.arguments === undefined) return "none";
    } else if (key === keys.id && unit === QUOTE) {
      draft.id = yield* this.#tokens.string();
      if (draft.id === undefined) return "none";
    } else if (!(yield* this.#tokens.value())) return "none";
    if (draft.name === undefined || draft.arguments === undefined) return "member";
    this.#sink.announce(draft.name, draft.id);
    this.#cursor.take();
    this.#sink.give(draft.arguments);
    return this.#sink.close();
  }

  /** Reads arguments that can't be announced yet: an object, or a string that holds one. */
  *#wholeArguments(unit: number): Parser<string | undefined> {
    if (unit === QUOTE) {
      const text = (yield* this.#tokens.string())?.trim();
      return text !== undefined && isJsonObject(text) ? text : undefined;
    }
    const start = this.#cursor.held;
    return unit === OPEN_BRACE && (yield* this.#tokens.value()) ? this.#cursor.heldFrom(start) : undefined;
  }

  /** Reads the arguments of the call that was announced last, and gives them out as they come. */
  *#arguments(): Parser<CallResult> {
    const check = new JsonCheck();
    this.#cursor.take();
    for (;;) {
      if (this.#cursor.isDry) {
        this.#sink.give(this.#cursor.takeCodePoints());
        if (this.#sink.isOver) return "last";
        yield;
        continue;
      }
      const progress = check.advance(this.#cursor.unit);
      if (progress === "more") this.#cursor.advance();
      else if (progress === "end") {
        this.#cursor.advance();
        this.#sink.give(this.#cursor.take());
        return this.#sink.close();
      } else {
        this.#sink.give(this.#cursor.take());
        return "last";
      }
    }
  }

  /** Reads the members after the arguments. */
  *#restOfObject(): Parser<CallResult> {
    while (yield* this.#tokens.mark(",")) {
      const key = yield* this.#tokens.string();
      if (key === undefined || !(yield* this.#tokens.mark(":")) || !(yield* this.#tokens.value())) {
        return this.#sink.back();
      }
    }
    if (!(yield* this.#tokens.mark("}"))) return this.#sink.back();
    this.#cursor.take();
    return "whole";
  }
}
