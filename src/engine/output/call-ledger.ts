import type { ToolCallFragment } from "../../core/piece.js";
import { randomInt } from "node:crypto";

const ID_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export interface CallBounds {
  /** The most calls that may be announced; at least 1. */
  readonly maxCalls: number;
  /** The most UTF-8 bytes of all arguments together. */
  readonly maxArgumentBytes: number;
  /** Whether the output ends before a call that equals an earlier one. */
  readonly endsAtRepeatedCall: boolean;
  /** The caller's names of the tools that the model calls by another. Default: none. */
  readonly ownNames?: ReadonlyMap<string, string> | undefined;
}

/** The arguments of a call so far. */
interface WrittenCall {
  text: string;
}

/** Numbers the calls of one output, gives them ids, holds them to their bounds, and drops a call that equals an earlier one if it is told to. */
export class CallLedger {
  readonly bounds: CallBounds;
  readonly #createId: () => string;
  readonly #ids = new Set<string>();
  #announced = 0;
  #whole = 0;
  #argumentBytes = 0;
  #isFull = false;
  #isRepeated = false;
  #head: { readonly id: string; readonly name: string } | undefined;
  /** All calls so far by name, unless repeated calls stay. */
  readonly #written = new Map<string, WrittenCall[]>();
  #current: WrittenCall = { text: "" };
  /** The earlier calls that the current one may still equal, with which it is held back. undefined once it differs. */
  #equals: readonly WrittenCall[] | undefined;

  constructor(bounds: CallBounds, createId: () => string) {
    this.bounds = bounds;
    this.#createId = createId;
  }

  /** The number of complete calls. */
  get calls(): number {
    return this.#whole;
  }

  /** The number of calls announced, complete or not. */
  get begunCalls(): number {
    return this.#announced;
  }

  /** Whether another call may be announced. */
  get isOpen(): boolean {
    return this.#announced < this.bounds.maxCalls && !this.#isFull;
  }

  /** Whether the output has to end: the last call that may be is complete, a call was repeated, or the arguments have used up their bytes. */
  get isOver(): boolean {
    return this.#whole >= this.bounds.maxCalls || this.#isRepeated || this.#isFull;
  }

  /** Announces a call, to which the fragments that follow belong, by the name that the model wrote. */
  announce(name: string, ownId: string | undefined): void {
    const id = ownId !== undefined && isCallId(ownId) && !this.#ids.has(ownId) ? ownId : this.#createId();
    this.#ids.add(id);
    this.#announced += 1;
    this.#head = { id, name: this.bounds.ownNames?.get(name) ?? name };
    if (!this.bounds.endsAtRepeatedCall) return;
    const earlier = this.#written.get(name) ?? [];
    this.#current = { text: "" };
    this.#equals = earlier.length === 0 ? undefined : earlier;
    this.#written.set(name, [...earlier, this.#current]);
  }

  /**
   * Takes the next arguments of the call announced last.
   * @returns as much of them as the bounds allow, as a fragment; undefined while the call may still equal an earlier one
   */
  fragment(text: string): ToolCallFragment | undefined {
    if (this.bounds.endsAtRepeatedCall) this.#current.text += text;
    if (this.#equals === undefined) return this.#fragmentOf(text);
    const written = this.#current.text;
    if (this.#equals.some((call) => call.text.startsWith(written))) return undefined;
    this.#equals = undefined;
    return this.#fragmentOf(written);
  }

  /** Completes the call announced last. One that is still held back equals an earlier call, since no JSON object is the beginning of another. */
  close(): void {
    if (this.#equals !== undefined) this.#isRepeated = true;
    else if (!this.#isFull) this.#whole += 1;
  }

  #fragmentOf(text: string): ToolCallFragment {
    const given = this.#fitting(text);
    const head = this.#head;
    this.#head = undefined;
    const index = this.#announced - 1;
    return head === undefined ? { index, arguments: given } : { index, head, arguments: given };
  }

  #fitting(text: string): string {
    const left = this.bounds.maxArgumentBytes - this.#argumentBytes;
    const bytes = Buffer.byteLength(text);
    this.#isFull = bytes > left;
    this.#argumentBytes += bytes;
    return this.#isFull ? beginning(text, left) : text;
  }
}

/** The longest beginning of the text, in code points, that has at most `maxBytes` bytes of UTF-8. */
function beginning(text: string, maxBytes: number): string {
  let bytes = 0;
  let length = 0;
  for (const codePoint of text) {
    bytes += Buffer.byteLength(codePoint);
    if (bytes > maxBytes) break;
    length += codePoint.length;
  }
  return text.slice(0, length);
}

/** Makes an id for a call that has none: `call_` and 20 random letters and digits. */
export function createCallId(): string {
  return `call_${Array.from({ length: 20 }, () => ID_LETTERS.charAt(randomInt(ID_LETTERS.length))).join("")}`;
}

/** Whether a model's own id may serve as the call's. Shorter ids are numbers that begin anew with each output. */
function isCallId(id: string): boolean {
  return /^[\w-]{8,64}$/.test(id);
}
