import type { OutputFormat } from "../../core/output-format.js";
import type { Channel } from "../../core/piece.js";
import { type OutputPart, PartList, type PartReader } from "./output-part.js";
import { isBlank } from "./json-check.js";
import { CallLedger, createCallId } from "./call-ledger.js";
import { type CallOpening, CallReader, openingsOf } from "./call-reader.js";
import { MarkTrie } from "./token-reader.js";
import { END, type Parser, TextCursor } from "./text-cursor.js";

export interface OutputReaderOptions {
  readonly format: OutputFormat;
  /** The maximum of OutputFormat. */
  readonly maxCalls: number;
  /** The maximum of OutputFormat. */
  readonly maxArgumentBytes: number;
  /** Makes ids for calls. Default: random ones. */
  readonly createId?: () => string;
}

/** The meaning of a mark in text. */
type Meaning =
  | { readonly type: "channel"; readonly channel: Channel }
  | { readonly type: "frame"; readonly takesLine: boolean }
  | { readonly type: "calls"; readonly opening: CallOpening };

/** The kind of output before a position in the answer. */
type Before = "start" | "reasoning" | "call" | "text";

/** The most blanks that are held. A longer run of them is text, whatever comes after it. */
const MAX_HELD_BLANKS = 1_024;

/**
 * Reads the output of a model. The result depends on the text alone and not on how it was split. White space around reasoning and around tool calls
 * is dropped, except between text and the call that follows it. Text that looks like a call but is none stays text, as the model wrote it. Each
 * UTF-16 unit costs a few steps.
 */
export class OutputReader implements PartReader {
  readonly #cursor: TextCursor;
  readonly #parts = new PartList();
  readonly #ledger: CallLedger;
  readonly #callReader: CallReader;
  readonly #marks: Readonly<Record<Channel, MarkTrie<Meaning>>>;
  /** The calls that begin with the JSON itself. */
  readonly #bareCalls: readonly CallOpening[];
  /** Whether the format has reasoning, beside which blanks are dropped. */
  readonly #mayReason: boolean;
  readonly #parse: Parser<void>;
  #channel: Channel;
  #before: Before = "start";
  /** Whether there was text of the answer, or a call. */
  #isAnswered = false;
  /** Whether the answer has text. */
  #hasText = false;
  readonly #callsComeFirst: boolean;
  #isDone = false;
  #pushed = 0;

  constructor({ format, maxCalls, maxArgumentBytes, createId = createCallId }: OutputReaderOptions) {
    const { reasoning } = format;
    this.#cursor = new TextCursor(format.opened);
    const openings = openingsOf(format);
    const { parallelCalls, endsAtRepeatedCall = false, ownNames } = format;
    const bounds = { maxCalls: parallelCalls ? maxCalls : 1, maxArgumentBytes, endsAtRepeatedCall, ownNames };
    this.#ledger = new CallLedger(bounds, createId);
    this.#callReader = new CallReader({
      cursor: this.#cursor,
      parts: this.#parts,
      ledger: this.#ledger,
      toolNames: format.toolNames,
      parameterTypes: format.parameterTypes ?? {},
    });
    this.#bareCalls = openings.filter(({ mark }) => mark.trim() === "");
    this.#channel = reasoning?.isOpen === true ? "reasoning" : "answer";
    // White space after the mark that opened the reasoning is dropped, also where the prompt has the mark.
    if (reasoning?.isOpen === true) this.#before = "reasoning";
    this.#mayReason = reasoning !== undefined;
    this.#callsComeFirst = format.callsComeFirst ?? false;
    this.#marks = { answer: new MarkTrie(), reasoning: new MarkTrie() };
    if (reasoning !== undefined) {
      this.#marks.answer.add(reasoning.begin, { type: "channel", channel: "reasoning" });
      this.#marks.reasoning.add(reasoning.end, { type: "channel", channel: "answer" });
    }
    for (const frame of format.frames ?? []) {
      this.#marks.answer.add(frame, { type: "frame", takesLine: frame.endsWith("\n") });
    }
    for (const opening of openings) this.#marks.answer.add(opening.mark, { type: "calls", opening });
    this.#parse = this.#read();
  }

  get isReasoning(): boolean {
    return this.#channel === "reasoning";
  }

  get calls(): number {
    return this.#ledger.calls;
  }

  get begunCalls(): number {
    return this.#ledger.begunCalls;
  }

  get isOver(): boolean {
    return this.#ledger.isOver;
  }

  /** Takes text. Once the output is over, text is in no part. */
  push(text: string): readonly OutputPart[] {
    this.#pushed += text.length;
    if (this.#isDone || text === "") return [];
    this.#cursor.push(text);
    this.#goOn();
    return this.#parts.drain();
  }

  /** Ends the text. The last part ends with it. */
  finish(): readonly OutputPart[] {
    if (!this.#isDone) {
      this.#cursor.end();
      this.#goOn();
    }
    this.#parts.close(this.#channel, this.#pushed);
    return this.#parts.drain();
  }

  #goOn(): void {
    this.#isDone = this.#parse.next().done === true;
  }

  *#read(): Parser<void> {
    while (!this.isOver) {
      yield* this.#skipBlanks();
      if (this.#cursor.held >= MAX_HELD_BLANKS) this.#give(this.#cursor.take());
      else if (this.#cursor.unit === END) {
        if (this.#before === "start" || this.#before === "text") this.#give(this.#cursor.take());
        return;
      } else if (!(yield* this.#markup())) yield* this.#text();
    }
  }

  /** Skips blanks up to another unit, the end, or the most blanks that are held. */
  *#skipBlanks(): Parser<void> {
    while (this.#cursor.held < MAX_HELD_BLANKS) {
      if (this.#cursor.isDry) yield;
      if (!isBlank(this.#cursor.unit)) return;
      this.#cursor.advance();
      if (this.#before === "reasoning") this.#cursor.take();
    }
  }

  /** Reads markup and what it marks. @returns false if there is none; the cursor stands after the blanks then */
  *#markup(): Parser<boolean> {
    const blanks = this.#cursor.held;
    const meanings = yield* this.#marks[this.#channel].read(this.#cursor);
    const mark = meanings.find(({ type }) => type !== "calls");
    if (mark?.type === "channel") {
      this.#cursor.take();
      this.#channel = mark.channel;
      this.#before = "reasoning";
      return true;
    }
    const isAfterText = this.#before === "text";
    if (isAfterText) this.#give(this.#cursor.take(blanks));
    if (mark?.type === "frame") {
      this.#cursor.take();
      if (mark.takesLine) yield* this.#skipLine();
      return true;
    }
    if (yield* this.#calls(meanings.flatMap((meaning) => (meaning.type === "calls" ? [meaning.opening] : []))))
      return true;
    this.#cursor.rewind(isAfterText ? 0 : blanks);
    return !this.#isAnswered && !this.isReasoning && (yield* this.#calls(this.#bareCalls));
  }

  /** Skips a new line that belongs to the frame before it. */
  *#skipLine(): Parser<void> {
    if (this.#cursor.isDry) yield;
    if (this.#cursor.unit !== 0x0a) return;
    this.#cursor.advance();
    this.#cursor.take();
  }

  *#calls(openings: readonly CallOpening[]): Parser<boolean> {
    const start = this.#cursor.held;
    for (const opening of this.#ledger.isOpen && !(this.#callsComeFirst && this.#hasText) ? openings : []) {
      if (yield* this.#callReader.read(opening)) {
        this.#before = "call";
        this.#isAnswered = true;
        return true;
      }
      this.#cursor.rewind(start);
    }
    return false;
  }

  /** Reads text up to the next unit that may be markup. Its first unit is text. */
  *#text(): Parser<void> {
    this.#cursor.advance();
    for (;;) {
      if (this.#cursor.isDry) {
        this.#give(this.#cursor.takeCodePoints());
        yield;
      }
      if (this.#mayBeMarkup(this.#cursor.unit)) break;
      this.#cursor.advance();
    }
    this.#give(this.#cursor.take());
  }

  #mayBeMarkup(unit: number): boolean {
    if (unit === END || this.#marks[this.#channel].beginsWith(unit)) return true;
    return this.#mayReason && isBlank(unit);
  }

  #give(text: string): void {
    if (text === "" || this.#cursor.settled <= 0) return;
    // Text before the start is no output.
    this.#parts.addText(this.#channel, text.slice(-this.#cursor.settled), this.#cursor.settled);
    this.#before = "text";
    if (!this.isReasoning) this.#isAnswered = this.#hasText = true;
  }
}
