import type { RunOutput } from "../../core/engine-messages.js";
import type { Piece, TokenScore } from "../../core/piece.js";
import { Detokenizer } from "./detokenizer.js";
import type { OutputPart, PartReader } from "./output-part.js";
import { type HeldToken, type LastPieces, MAX_WITHHELD_TOKENS, pieceOf } from "./piece-builder.js";
import { StopFilter } from "./stop-filter.js";

type AnswerPart = Extract<OutputPart, { type: "text" }>;

export interface MarkedPieceParts {
  readonly reader: PartReader;
  readonly stopSequences: readonly string[];
  readonly output: RunOutput;
}

/**
 * Makes pieces of one run's tokens where the output is marked up: each is text of one channel, or a fragment of a call. A token goes with the first
 * text that came of it, one of markup alone with what follows it; so a piece has no token where its text came from the end of a token that an
 * earlier one has. Stop sequences are looked for in the answer alone, in each stretch of it between calls and reasoning.
 */
export class MarkedPieceBuilder {
  readonly #detokenizer = new Detokenizer();
  readonly #parts: MarkedPieceParts;
  readonly #held: HeldToken[] = [];
  readonly #settled: OutputPart[] = [];
  #filter: StopFilter;
  /** Answer that the filter has seen and not let go of. */
  readonly #filtered: AnswerPart[] = [];
  #textLength = 0;
  #match: string | undefined;

  constructor(parts: MarkedPieceParts) {
    this.#parts = parts;
    this.#filter = new StopFilter(parts.stopSequences);
  }

  /** The stop sequence met: the output is over, `end` gives what came before it. */
  get match(): string | undefined {
    return this.#match;
  }

  /** Whether the output so far ends inside reasoning. */
  get isReasoning(): boolean {
    return this.#parts.reader.isReasoning;
  }

  /**
   * @param bytes what the token stands for, markup included
   * @param score required where the run asked for scores
   */
  push(tokenId: number, bytes: Uint8Array, score?: TokenScore): void {
    this.#held.push({ tokenId, textStart: this.#textLength, bytes, score });
    this.mark(bytes);
  }

  /** Markup without a token: that of the one which ended the output. */
  mark(bytes: Uint8Array): void {
    const text = this.#detokenizer.push(bytes);
    if (text === "") return;
    this.#textLength += text.length;
    for (const part of this.#parts.reader.push(text)) this.#settle(part);
  }

  /** How many tokens before the last one reach into the text that lies so many UTF-16 units before it, and are in no piece yet. */
  countBack(units: number): number {
    const last = this.#held.length - 1;
    const from = (this.#held[last]?.textStart ?? 0) - units;
    let count = 0;
    while (count < last && (this.#held[last - count]?.textStart ?? 0) > from) count++;
    return count;
  }

  /** The next piece, if there is text for one or enough tokens without. */
  take(): Piece | undefined {
    const part = this.#settled.shift();
    if (part !== undefined) return this.#release(part, this.#tokensBefore(part.end));
    if (this.#held.length >= MAX_WITHHELD_TOKENS) return this.#release(this.#nothing(), this.#held.length);
    return undefined;
  }

  /** Call it last, once: all that is left, held-back text included unless a stop sequence was met. */
  end(): LastPieces {
    const endedInside = this.#detokenizer.end();
    if (this.#match === undefined) {
      for (const part of this.#parts.reader.finish()) this.#settle(part);
      this.#letGo(this.#filter.end());
    }
    const last = this.#settled.pop() ?? (this.#held.length > 0 ? this.#nothing() : undefined);
    const pieces: Piece[] = [];
    for (const part of this.#settled.splice(0)) pieces.push(this.#release(part, this.#tokensBefore(part.end)));
    if (last !== undefined) pieces.push(this.#release(last, this.#held.length));
    return { pieces, incompleteText: endedInside && this.#match === undefined };
  }

  #settle(part: OutputPart): void {
    if (this.#match !== undefined) return;
    if (part.type === "text" && part.channel === "answer") {
      this.#filtered.push(part);
      const { text, match } = this.#filter.push(part.text);
      this.#match = match;
      this.#letGo(text);
      return;
    }
    const held = this.#filter.end();
    if (held !== "") {
      this.#letGo(held);
      this.#filter = new StopFilter(this.#parts.stopSequences);
    }
    this.#append(part);
  }

  /** The filter gives so much of the answer free. */
  #letGo(text: string): void {
    for (let left = text.length; left > 0;) {
      const part = this.#filtered.shift();
      if (part === undefined) throw new Error("the filter gives more than it got");
      const rest = part.text.slice(left);
      left -= part.text.length - rest.length;
      this.#append({ ...part, text: part.text.slice(0, part.text.length - rest.length), end: part.end - rest.length });
      if (rest !== "") this.#filtered.unshift({ ...part, text: rest });
    }
  }

  /** What came of one token goes out in as few pieces as can be. */
  #append(part: OutputPart): void {
    const last = this.#settled.at(-1);
    const joined = last === undefined ? undefined : joinedPart(last, part);
    if (joined !== undefined) this.#settled.pop();
    this.#settled.push(joined ?? part);
  }

  #tokensBefore(end: number): number {
    let count = 0;
    while (count < this.#held.length && (this.#held[count]?.textStart ?? 0) < end) count++;
    return count;
  }

  #nothing(): OutputPart {
    const channel = this.isReasoning ? "reasoning" : "answer";
    return { type: "text", channel, text: "", end: this.#textLength };
  }

  #release(part: OutputPart, count: number): Piece {
    const tokens = this.#held.splice(0, count);
    if (part.type === "text") {
      const piece = pieceOf(part.text, tokens, this.#parts.output);
      return part.channel === "answer" ? piece : { ...piece, channel: part.channel };
    }
    const { call } = part;
    const { id = "", name = "" } = call.head ?? {};
    const textBytes = Buffer.byteLength(call.arguments) + Buffer.byteLength(id) + Buffer.byteLength(name);
    return { ...pieceOf("", tokens, this.#parts.output), textBytes, call };
  }
}

/** undefined: they are not of one kind. */
function joinedPart(one: OutputPart, other: OutputPart): OutputPart | undefined {
  const { end } = other;
  if (one.type === "text" && other.type === "text" && one.channel === other.channel) {
    return { ...one, text: one.text + other.text, end };
  }
  if (one.type === "call" && other.type === "call" && one.call.index === other.call.index) {
    return { type: "call", call: { ...one.call, arguments: one.call.arguments + other.call.arguments }, end };
  }
  return undefined;
}
