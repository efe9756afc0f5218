import type { Channel, ToolCallFragment } from "../../core/piece.js";

/** A stretch of output that can no longer change. `end` counts the UTF-16 units of all text so far, markup included, that are settled with this part. */
export type OutputPart =
  | { readonly type: "text"; readonly channel: Channel; readonly text: string; readonly end: number }
  | { readonly type: "call"; readonly call: ToolCallFragment; readonly end: number };

/** Splits output into parts while it comes. */
export interface PartReader {
  /** Takes the text that follows. @returns the parts that it settles, in order; no part holds markup */
  push(text: string): readonly OutputPart[];
  /** Ends the text. @returns the parts that were held back, read as text that nothing follows */
  finish(): readonly OutputPart[];
  /** Whether the text so far ends inside reasoning, or inside the mark that ends it. */
  readonly isReasoning: boolean;
  /** The number of complete calls so far. */
  readonly calls: number;
  /** The number of calls announced so far, complete or not. */
  readonly begunCalls: number;
  /** Whether the output has to end: it has its last call, or the calls have used up their argument bytes. */
  readonly isOver: boolean;
}

/** Reads output without markup: all text is the answer, and none is held back. */
export class PlainReader implements PartReader {
  readonly isReasoning = false;
  readonly calls = 0;
  readonly begunCalls = 0;
  readonly isOver = false;
  #end = 0;

  push(text: string): readonly OutputPart[] {
    this.#end += text.length;
    return [{ type: "text", channel: "answer", text, end: this.#end }];
  }

  finish(): readonly OutputPart[] {
    return [];
  }
}

/** Collects the parts of one push. A part is joined with the one before it if both have the same channel or call. */
export class PartList {
  #parts: OutputPart[] = [];
  /** The `end` of the last part, of this push or an earlier one. */
  end = 0;

  addText(channel: Channel, text: string, end: number): void {
    if (text !== "") this.#add({ type: "text", channel, text, end });
  }

  addFragment(call: ToolCallFragment, end: number): void {
    this.#add({ type: "call", call, end });
  }

  /** Settles all text up to `end`, with an empty part if no part before it does. */
  close(channel: Channel, end: number): void {
    if (this.end < end) this.#parts.push({ type: "text", channel, text: "", end });
    this.end = Math.max(this.end, end);
  }

  drain(): readonly OutputPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #add(part: OutputPart): void {
    appendPart(this.#parts, part);
    this.end = part.end;
  }
}

/** Appends a part, joined with the last one if both have the same channel or call. */
export function appendPart(parts: OutputPart[], part: OutputPart): void {
  const last = parts.at(-1);
  const joined = last === undefined ? undefined : joinParts(last, part);
  if (joined !== undefined) parts.pop();
  parts.push(joined ?? part);
}

function joinParts(one: OutputPart, other: OutputPart): OutputPart | undefined {
  const { end } = other;
  if (one.type === "text" && other.type === "text" && one.channel === other.channel) {
    return { ...one, text: one.text + other.text, end };
  }
  if (one.type === "call" && other.type === "call" && one.call.index === other.call.index) {
    return { ...one, call: { ...one.call, arguments: one.call.arguments + other.call.arguments }, end };
  }
  return undefined;
}
