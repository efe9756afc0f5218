import type { CallBody, CallKeys, CallSyntax, OutputFormat } from "../../core/output-format.js";
import type { CallLedger } from "./call-ledger.js";
import { isJsonObject, JsonCheck } from "./json-check.js";
import { MarkTrie, TokenReader } from "./token-reader.js";
import type { PartList } from "./output-part.js";
import type { Parser, TextCursor } from "./text-cursor.js";

/** none: there was no call, and nothing is settled. whole: the call is complete, and another may follow. last: the call was announced, and the rest is text. */
type CallResult = "none" | "whole" | "last";

/** The most UTF-16 units that are held beside the bytes of the arguments, for markup, name, id and other members. */
const MAX_HELD_BESIDE_ARGUMENTS = 1_024;

const OPEN_BRACE = 0x7b;
const QUOTE = 0x22;

/** A body in which each call stands for itself. */
type SingleBody = Exclude<CallBody, { type: "array" }>;

type NamedBody = Extract<CallBody, { type: "named" }>;

/** The members of a call that is not announced yet. */
interface Draft {
  name?: string | undefined;
  id?: string | undefined;
  arguments?: string | undefined;
}

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
}

/** Reads calls from after the mark that they begin with. Once a call is announced, its arguments are settled whatever follows them. */
export class CallReader {
  readonly #cursor: TextCursor;
  readonly #parts: PartList;
  readonly #ledger: CallLedger;
  readonly #tokens: TokenReader;
  readonly #toolNames: ReadonlySet<string>;
  readonly #nameMarks = new MarkTrie<string>();

  constructor({ cursor, parts, ledger, toolNames }: CallReaderOptions) {
    this.#cursor = cursor;
    this.#parts = parts;
    this.#ledger = ledger;
    this.#tokens = new TokenReader(cursor, ledger.bounds.maxArgumentBytes + MAX_HELD_BESIDE_ARGUMENTS);
    this.#toolNames = new Set(toolNames);
    for (const name of toolNames) this.#nameMarks.add(name, name);
  }

  /** Reads one section of calls. @returns whether there was a call; if not, nothing is settled */
  *read({ syntax, isBegun }: CallOpening): Parser<boolean> {
    const { body } = syntax;
    let outcome = yield* body.type === "array" ? this.#elements(body.keys) : this.#call(body, isBegun);
    if (outcome === "none") return false;
    if (body.type !== "array") {
      while (outcome === "whole") outcome = yield* this.#another(body);
    }
    if (outcome !== "last") yield* this.#optional(syntax.sectionEnd);
    return true;
  }

  *#elements(keys: CallKeys): Parser<CallResult> {
    if (!(yield* this.#tokens.mark("["))) return "none";
    for (let isFirst = true; ; isFirst = false) {
      const outcome = yield* this.#object(keys);
      if (outcome === "none") return isFirst ? "none" : this.#back();
      if (outcome === "last") return "last";
      if (yield* this.#optional("]")) return "whole";
      if (!(yield* this.#tokens.mark(","))) return this.#back();
    }
  }

  *#another(body: SingleBody): Parser<CallResult> {
    yield* this.#optional(body.end);
    const outcome = (yield* this.#tokens.mark(body.separator)) ? yield* this.#call(body, false) : "none";
    if (outcome === "none") this.#cursor.rewind(0);
    return outcome;
  }

  *#call(body: SingleBody, isBegun: boolean): Parser<CallResult> {
    if (!isBegun && !(yield* this.#anyOf(beginsOf(body)))) return "none";
    return yield* body.type === "object" ? this.#object(body.keys) : this.#named(body);
  }

  *#named(body: NamedBody): Parser<CallResult> {
    const [name] = yield* this.#tokens.oneOf(this.#nameMarks);
    if (name === undefined) return "none";
    const afterName = this.#cursor.held;
    let id: string | undefined;
    if (body.idMark !== undefined && (yield* this.#tokens.mark(body.idMark))) id = yield* this.#tokens.word();
    else this.#cursor.rewind(afterName);
    if (!(yield* this.#anyOf([body.middle, ...(body.otherMiddles ?? [])]))) return "none";
    if ((yield* this.#tokens.next()) !== OPEN_BRACE) return "none";
    this.#ledger.announce(name, id);
    return yield* this.#arguments();
  }

  *#object(keys: CallKeys): Parser<CallResult> {
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
        this.#ledger.announce(draft.name, draft.id);
        return yield* this.#arguments();
      }
      draft.arguments = yield* this.#wholeArguments(unit);
      if (draft.arguments === undefined) return "none";
    } else if (key === keys.id && unit === QUOTE) {
      draft.id = yield* this.#tokens.string();
      if (draft.id === undefined) return "none";
    } else if (!(yield* this.#tokens.value())) return "none";
    if (draft.name === undefined || draft.arguments === undefined) return "member";
    this.#ledger.announce(draft.name, draft.id);
    this.#cursor.take();
    return this.#whole(draft.arguments);
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
        this.#give(this.#cursor.takeCodePoints());
        if (this.#ledger.isOver) return "last";
        yield;
        continue;
      }
      const progress = check.advance(this.#cursor.unit);
      if (progress === "more") this.#cursor.advance();
      else if (progress === "end") {
        this.#cursor.advance();
        return this.#whole(this.#cursor.take());
      } else {
        this.#give(this.#cursor.take());
        return "last";
      }
    }
  }

  /** Reads the members after the arguments. */
  *#restOfObject(): Parser<CallResult> {
    while (yield* this.#tokens.mark(",")) {
      const key = yield* this.#tokens.string();
      if (key === undefined || !(yield* this.#tokens.mark(":")) || !(yield* this.#tokens.value())) return this.#back();
    }
    return (yield* this.#optional("}")) ? "whole" : this.#back();
  }

  #whole(rest: string): CallResult {
    this.#give(rest);
    this.#ledger.close();
    return this.#ledger.isOver ? "last" : "whole";
  }

  #give(text: string): void {
    const fragment = text === "" ? undefined : this.#ledger.fragment(text);
    if (fragment !== undefined) this.#parts.addFragment(fragment, this.#cursor.settled);
  }

  /** Turns all that is held since the last call back into text. */
  #back(): CallResult {
    this.#cursor.rewind(0);
    return "last";
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

/** Lists all that a call of a body may begin with. */
function beginsOf(body: CallBody): readonly string[] {
  switch (body.type) {
    case "array":
      return [""];
    case "object":
      return [body.begin];
    case "named":
      return [body.begin, ...(body.otherBegins ?? [])];
  }
}
