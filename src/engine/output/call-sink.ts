import type { CallLedger } from "./call-ledger.js";
import type { PartList } from "./output-part.js";
import type { TextCursor } from "./text-cursor.js";

/** none: there was no call, and nothing is settled. whole: the call is complete, and another may follow. last: the call was announced, and the rest is text. */
export type CallResult = "none" | "whole" | "last";

/** Takes the arguments of calls while they are read, as they stand in the text or converted to JSON. */
export class CallSink {
  readonly #cursor: TextCursor;
  readonly #parts: PartList;
  readonly #ledger: CallLedger;
  /** The JSON that was made of held text. */
  #written = "";

  constructor(cursor: TextCursor, parts: PartList, ledger: CallLedger) {
    this.#cursor = cursor;
    this.#parts = parts;
    this.#ledger = ledger;
  }

  /** Whether the output has to end. */
  get isOver(): boolean {
    return this.#ledger.isOver;
  }

  /** Announces a call, to which the arguments that follow belong. Its arguments are settled whatever follows them. */
  announce(name: string, id: string | undefined): void {
    this.#ledger.announce(name, id);
  }

  /** Gives out arguments whose text is settled. */
  give(text: string): void {
    const fragment = text === "" ? undefined : this.#ledger.fragment(text);
    if (fragment !== undefined) this.#parts.addFragment(fragment, this.#cursor.settled);
  }

  /** Takes JSON that was made of the text up to the cursor. `settle` gives it out. */
  write(json: string): void {
    this.#written += json;
  }

  /** Settles all held text, with the JSON that was made of it. Half a code point stays held. */
  settle(): void {
    const isHalf = (this.#written.charCodeAt(this.#written.length - 1) & 0xfc00) === 0xd800;
    const length = this.#written.length - (isHalf ? 1 : 0);
    const text = this.#written.slice(0, length);
    if (this.#cursor.held === (isHalf ? 1 : 0)) return;
    this.#cursor.take(this.#cursor.held - (isHalf ? 1 : 0));
    this.#written = this.#written.slice(length);
    this.give(text);
  }

  /** Completes the call announced last. */
  close(): CallResult {
    this.#ledger.close();
    return this.isOver ? "last" : "whole";
  }

  /** Completes converted arguments, whose last mark was read. */
  end(json: string): CallResult {
    this.write(json);
    this.settle();
    return this.close();
  }

  /** Gives up the call announced last: the arguments read so far stay, and text that is still held is read again. */
  cut(): CallResult {
    this.settle();
    this.#written = "";
    return this.back();
  }

  /** Turns all that is held since the last call back into text. */
  back(): CallResult {
    this.#cursor.rewind(0);
    return "last";
  }
}
