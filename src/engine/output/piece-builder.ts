import type { RunOutput } from "../../core/engine-messages.js";
import type { Piece, TokenScore } from "../../core/piece.js";
import { appendPart, type OutputPart, type PartReader, PlainReader } from "./output-part.js";

/** The most tokens without text that wait for tokens with text. */
export const MAX_WITHHELD_TOKENS = 16;

export interface PieceBuilderOptions {
  /** Reads marked output. Default: the output is plain text. */
  readonly reader?: PartReader | undefined;
  readonly stopSequences: readonly string[];
  readonly output: RunOutput;
}

/** The pieces that were left at the end of the output. */
export interface LastPieces {
  readonly pieces: readonly Piece[];
  /** Whether the output ended inside a code point. */
  readonly incompleteText: boolean;
}

/** A token that is in no piece yet. */
interface HeldToken {
  readonly tokenId: number;
  /** The position at which its text begins, in UTF-16 units from the start of the output. */
  readonly textStart: number;
  readonly bytes: Uint8Array;
  readonly score: TokenScore | undefined;
}

type AnswerPart = Extract<OutputPart, { type: "text" }>;

/**
 * Makes pieces of one run's tokens. Each piece is text of one channel, or a fragment of a call.
 *
 * A token is held back together with its text, which may be part of a code point or become part of markup or of a stop sequence. Every token is in
 * exactly one piece, the first to which it gave text. Stop sequences are looked for in the answer alone, in each stretch of it between calls and
 * reasoning.
 */
export class PieceBuilder {
  readonly #detokenizer = new Detokenizer();
  readonly #reader: PartReader;
  readonly #stopSequences: readonly string[];
  readonly #output: RunOutput;
  /** The fewest tokens of a piece with text. In marked output one token can give several pieces, of which only the first has the token. */
  readonly #leastTokens: number;
  readonly #held: HeldToken[] = [];
  /** The parts that can no longer change and are in no piece yet. */
  readonly #settled: OutputPart[] = [];
  #filter: StopFilter;
  /** The parts of the answer that the filter holds back. */
  readonly #filtered: AnswerPart[] = [];
  #textLength = 0;
  #match: string | undefined;

  constructor({ reader, stopSequences, output }: PieceBuilderOptions) {
    this.#reader = reader ?? new PlainReader();
    this.#leastTokens = reader === undefined ? 1 : 0;
    this.#stopSequences = stopSequences;
    this.#output = output;
    this.#filter = new StopFilter(stopSequences);
  }

  /** The stop sequence that ended the output; `end` gives the text before it. */
  get match(): string | undefined {
    return this.#match;
  }

  /** Whether the output so far ends inside reasoning. */
  get isReasoning(): boolean {
    return this.#reader.isReasoning;
  }

  /** @param bytes the token's text, markup included @param score required if the run asked for scores */
  push(tokenId: number, bytes: Uint8Array, score?: TokenScore): void {
    this.#held.push({ tokenId, textStart: this.#textLength, bytes, score });
    this.mark(bytes);
  }

  /** Takes markup without a token: that of the token which ended the output. */
  mark(bytes: Uint8Array): void {
    const text = this.#detokenizer.push(bytes);
    if (text === "") return;
    this.#textLength += text.length;
    for (const part of this.#reader.push(text)) this.#settle(part);
  }

  /** Counts the tokens before the last one that are in no piece yet and reach into the `units` UTF-16 units before its text. */
  countBack(units: number): number {
    const last = this.#held.length - 1;
    const from = (this.#held[last]?.textStart ?? 0) - units;
    let count = 0;
    while (count < last && (this.#held[last - count]?.textStart ?? 0) > from) count++;
    return count;
  }

  /** @returns the next piece, if there is text for one or enough tokens without text */
  take(): Piece | undefined {
    const part = this.#settled.shift();
    if (part !== undefined) return this.#release(part, this.#tokensBefore(part.end));
    if (this.#held.length >= MAX_WITHHELD_TOKENS) return this.#release(this.#emptyPart(), this.#held.length);
    return undefined;
  }

  /** Gives all that is left, held-back text included unless a stop sequence was met. To be called last, once. */
  end(): LastPieces {
    const endedInside = this.#detokenizer.end();
    if (this.#match === undefined) {
      for (const part of this.#reader.finish()) this.#settle(part);
      this.#letGo(this.#filter.end());
    }
    const last = this.#settled.pop() ?? (this.#held.length > 0 ? this.#emptyPart() : undefined);
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
      this.#filter = new StopFilter(this.#stopSequences);
    }
    appendPart(this.#settled, part);
  }

  /** Settles text of the answer that the filter has let go of. */
  #letGo(text: string): void {
    for (let left = text.length; left > 0;) {
      const part = this.#filtered.shift();
      if (part === undefined) throw new Error("the filter gives more than it got");
      const rest = part.text.slice(left);
      left -= part.text.length - rest.length;
      const given = part.text.slice(0, part.text.length - rest.length);
      appendPart(this.#settled, { ...part, text: given, end: part.end - rest.length });
      if (rest !== "") this.#filtered.unshift({ ...part, text: rest });
    }
  }

  /** Counts the held tokens whose text begins before a position. */
  #tokensBefore(end: number): number {
    let count = this.#leastTokens;
    while (count < this.#held.length && (this.#held[count]?.textStart ?? 0) < end) count++;
    return count;
  }

  #emptyPart(): OutputPart {
    const channel = this.isReasoning ? "reasoning" : "answer";
    return { type: "text", channel, text: "", end: this.#textLength };
  }

  #release(part: OutputPart, count: number): Piece {
    const tokens = this.#held.splice(0, count);
    if (part.type === "text") {
      const piece = pieceOf(part.text, tokens, this.#output);
      return part.channel === "answer" ? piece : { ...piece, channel: part.channel };
    }
    const { call } = part;
    const { id = "", name = "" } = call.head ?? {};
    const textBytes = Buffer.byteLength(call.arguments) + Buffer.byteLength(id) + Buffer.byteLength(name);
    return { ...pieceOf("", tokens, this.#output), textBytes, call };
  }
}

/** Makes a piece of text and the tokens that it came from. @throws Error if a token lacks the score that was asked for */
function pieceOf(text: string, tokens: readonly HeldToken[], { logprobs, tokenBytes }: RunOutput): Piece {
  return {
    text,
    textBytes: Buffer.byteLength(text),
    tokenIds: tokens.map(({ tokenId }) => tokenId),
    ...(logprobs === undefined ? {} : { scores: tokens.map(scoreOf) }),
    ...(tokenBytes ? { tokenBytes: tokens.map(({ bytes }) => ownBytes(bytes)) } : {}),
  };
}

function scoreOf({ tokenId, score }: HeldToken): TokenScore {
  if (score === undefined) throw new Error(`token ${tokenId} has no score`);
  return score;
}

/** Copies bytes into a buffer of their own, since a message carries a view together with its whole buffer. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/**
 * Turns the bytes of tokens into text, in whole code points: bytes that may still become one are held back. Bytes that can't become one are U+FFFD,
 * by the Encoding Standard, so that the text depends on the bytes alone and not on how tokens split them.
 */
export class Detokenizer {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** @returns the text that is certain now, which may be empty */
  push(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** Ends the text. To be called last, once. @returns whether the bytes ended inside a code point, which is dropped */
  end(): boolean {
    return this.#decoder.decode() !== "";
  }
}

/** The result of one push: the text that can no longer become part of a stop sequence, and the stop sequence that was met, if any. */
export interface Filtered {
  readonly text: string;
  readonly match: string | undefined;
}

/**
 * Holds back text while it could still become a stop sequence, and cuts at the first one met: the one that is complete first, and the longest of
 * those complete at the same position. The result depends on the text alone and not on how it was split. Each UTF-16 unit costs one step of a
 * Knuth-Morris-Pratt automaton for each stop sequence.
 */
export class StopFilter {
  readonly #automata: readonly StopAutomaton[];
  #held = "";
  #match: string | undefined;

  constructor(stopSequences: readonly string[]) {
    this.#automata = stopSequences.filter((stop) => stop !== "").map((stop) => new StopAutomaton(stop));
  }

  /** Takes text. After a match it gives no more. */
  push(text: string): Filtered {
    if (this.#automata.length === 0) return { text, match: undefined };
    if (this.#match !== undefined) return { text: "", match: this.#match };
    const whole = this.#held + text;
    for (let at = this.#held.length; at < whole.length; at++) {
      this.#match = this.#advance(whole.charCodeAt(at));
      if (this.#match === undefined) continue;
      this.#held = "";
      return { text: whole.slice(0, at + 1 - this.#match.length), match: this.#match };
    }
    const certain = whole.length - this.#heldLength();
    this.#held = whole.slice(certain);
    return { text: whole.slice(0, certain), match: undefined };
  }

  /** Ends the text. @returns the text that was held back */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  #advance(unit: number): string | undefined {
    let match: string | undefined;
    for (const automaton of this.#automata) {
      if (automaton.advance(unit) && automaton.stop.length > (match?.length ?? 0)) match = automaton.stop;
    }
    return match;
  }

  #heldLength(): number {
    let longest = 0;
    for (const automaton of this.#automata) longest = Math.max(longest, automaton.matched);
    return longest;
  }
}

/** Follows one stop sequence through the text. `matched` is the length of the longest end of the text with which the stop sequence begins. */
class StopAutomaton {
  readonly stop: string;
  /** For each length matched, the length that is still matched if the next unit differs. */
  readonly #fallbacks: Uint16Array;
  matched = 0;

  constructor(stop: string) {
    this.stop = stop;
    this.#fallbacks = new Uint16Array(stop.length + 1);
    let matched = 0;
    for (let at = 1; at < stop.length; at++) {
      matched = this.#extend(matched, stop.charCodeAt(at));
      this.#fallbacks[at + 1] = matched;
    }
  }

  /** @returns whether the text now ends with the stop sequence */
  advance(unit: number): boolean {
    this.matched = this.#extend(this.matched, unit);
    return this.matched === this.stop.length;
  }

  #extend(matched: number, unit: number): number {
    let length = matched;
    while (length > 0 && this.stop.charCodeAt(length) !== unit) length = this.#fallbacks[length] ?? 0;
    return this.stop.charCodeAt(length) === unit ? length + 1 : length;
  }
}
