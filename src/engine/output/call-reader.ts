import {
  type CallHead,
  type CallSyntax,
  isListed,
  type ListedCalls,
  type LiteralCalls,
  type ParameterTypes,
  type SingleCalls,
} from "../../core/call-syntax.js";
import type { OutputFormat } from "../../core/output-format.js";
import type { CallLedger } from "./call-ledger.js";
import { beginsOf } from "./call-marks.js";
import { type CallResult, CallSink } from "./call-sink.js";
import { JsonCallReader } from "./json-call-reader.js";
import { LiteralCallReader } from "./literal-call-reader.js";
import type { PartList } from "./output-part.js";
import { ParameterCallReader } from "./parameter-call-reader.js";
import type { Parser, TextCursor } from "./text-cursor.js";
import { MarkTrie, TokenReader } from "./token-reader.js";

/** The most UTF-16 units that are held beside the bytes of the arguments, for markup, name, id and other members. */
const MAX_HELD_BESIDE_ARGUMENTS = 1_024;

/** A mark that calls may begin with, and the syntax of these calls. */
export interface CallOpening {
  readonly mark: string;
  readonly syntax: CallSyntax;
  /** Whether the mark is that of the first call itself, and not the section's or an empty one. */
  readonly isBegun: boolean;
}

export interface CallReaderOptions {
  readonly cursor: TextCursor;
  /** Gets the fragments of the calls. */
  readonly parts: PartList;
  readonly ledger: CallLedger;
  /** The names of the tools. Text with another name is no call. */
  readonly toolNames: readonly string[];
  readonly parameterTypes: ParameterTypes;
}

/** Reads calls from after the mark that they begin with. Once a call is announced, its arguments are settled whatever follows them. */
export class CallReader {
  readonly #cursor: TextCursor;
  readonly #sink: CallSink;
  readonly #tokens: TokenReader;
  readonly #nameMarks = new MarkTrie<string>();
  readonly #json: JsonCallReader;
  readonly #parameters: ParameterCallReader;
  readonly #literals: LiteralCallReader;

  constructor({ cursor, parts, ledger, toolNames, parameterTypes }: CallReaderOptions) {
    this.#cursor = cursor;
    this.#sink = new CallSink(cursor, parts, ledger);
    this.#tokens = new TokenReader(cursor, ledger.bounds.maxArgumentBytes + MAX_HELD_BESIDE_ARGUMENTS);
    for (const name of toolNames) this.#nameMarks.add(name, name);
    const options = { cursor, sink: this.#sink, tokens: this.#tokens, toolNames: new Set(toolNames) };
    this.#json = new JsonCallReader(options);
    this.#parameters = new ParameterCallReader(options, parameterTypes);
    this.#literals = new LiteralCallReader(options);
  }

  /** Reads one section of calls. @returns whether there was a call; if not, nothing is settled */
  *read({ syntax, isBegun }: CallOpening): Parser<boolean> {
    const { body } = syntax;
    let outcome = yield* isListed(body) ? this.#elements(body) : this.#call(body, isBegun);
    if (outcome === "none") return false;
    if (!isListed(body)) {
      while (outcome === "whole") outcome = yield* this.#another(body);
    }
    if (outcome !== "last") yield* this.#optional(syntax.sectionEnd);
    return true;
  }

  *#elements(body: ListedCalls): Parser<CallResult> {
    if (!(yield* this.#tokens.mark("["))) return "none";
    for (let isFirst = true; ; isFirst = false) {
      const outcome = yield* this.#element(body);
      if (outcome === "none") return isFirst ? "none" : this.#sink.back();
      if (outcome === "last") return "last";
      if (yield* this.#optional("]")) return "whole";
      if (!(yield* this.#tokens.mark(","))) return this.#sink.back();
    }
  }

  *#element(body: ListedCalls): Parser<CallResult> {
    switch (body.type) {
      case "array":
        return yield* this.#json.object(body.keys);
      case "keyed":
        return yield* this.#json.keyed();
      case "literal":
        return yield* this.#literal(body);
    }
  }

  *#another(body: SingleCalls): Parser<CallResult> {
    yield* this.#optional(body.end);
    const outcome = (yield* this.#tokens.mark(body.separator)) ? yield* this.#call(body, false) : "none";
    if (outcome === "none") this.#cursor.rewind(0);
    return outcome;
  }

  *#call(body: SingleCalls, isBegun: boolean): Parser<CallResult> {
    if (!isBegun && !(yield* this.#anyOf(beginsOf(body)))) return "none";
    switch (body.type) {
      case "object":
        return yield* this.#json.object(body.keys);
      case "named": {
        const head = yield* this.#head(body);
        return head === undefined ? "none" : yield* this.#json.named(head.name, head.id);
      }
      case "parameters": {
        const head = yield* this.#head(body);
        return head === undefined ? "none" : yield* this.#parameters.read(body, head);
      }
      case "literal":
        return yield* this.#literal(body);
    }
  }

  *#literal(body: LiteralCalls): Parser<CallResult> {
    const [name] = yield* this.#tokens.oneOf(this.#nameMarks);
    return name === undefined ? "none" : yield* this.#literals.read(body, name);
  }

  /** Reads a name and an id between marks, from after the mark that they begin with. */
  *#head({
    nameMark,
    idMark,
    middle,
    otherMiddles = [],
  }: CallHead): Parser<{ name: string; id: string | undefined } | undefined> {
    let id = nameMark === undefined ? undefined : yield* this.#tokens.word();
    if (nameMark !== undefined && !(yield* this.#tokens.mark(nameMark))) return undefined;
    const [name] = yield* this.#tokens.oneOf(this.#nameMarks);
    if (name === undefined) return undefined;
    // A recipient that the name repeats is no id.
    if (id === name) id = undefined;
    const afterName = this.#cursor.held;
    if (idMark !== undefined && (yield* this.#tokens.mark(idMark))) id = yield* this.#tokens.word();
    else this.#cursor.rewind(afterName);
    return (yield* this.#anyOf([middle, ...otherMiddles])) ? { name, id } : undefined;
  }

  /** Settles a mark if it is there. */
  *#optional(mark: string): Parser<boolean> {
    const isThere = mark.trim() !== "" && (yield* this.#tokens.mark(mark));
    if (isThere) this.#cursor.take();
    else this.#cursor.rewind(0);
    return isThere;
  }

  /** Reads the longest of several marks. */
  *#anyOf(marks: readonly string[]): Parser<boolean> {
    const start = this.#cursor.held;
    for (const mark of marks.toSorted((a, b) => b.length - a.length)) {
      if (yield* this.#tokens.mark(mark)) return true;
      this.#cursor.rewind(start);
    }
    return false;
  }
}

/** Lists all that a call of this format may begin with, in the order in which they are tried. An empty mark means that the call begins with the JSON itself. */
export function openingsOf(format: OutputFormat): readonly CallOpening[] {
  if (format.toolNames.length === 0) return [];
  return format.calls.flatMap((syntax): CallOpening[] => {
    const begins = beginsOf(syntax.body).filter((begin) => begin.trim() !== "");
    const section = syntax.sectionBegin.trim() === "" && begins.length > 0 ? [] : [syntax.sectionBegin];
    return [
      ...section.map((mark) => ({ mark, syntax, isBegun: false })),
      ...begins.map((mark) => ({ mark, syntax, isBegun: true })),
    ];
  });
}
