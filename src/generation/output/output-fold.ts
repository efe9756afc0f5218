import type { OutputEvent, OutputScore, TextEvent, ToolCallEvent } from "../../core/generation-message.js";
import type { ToolCall } from "../../core/conversation.js";

/** A whole output, put together from its parts. */
export interface FoldedOutput {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly FoldedCall[];
  /** The three are empty unless the caller asked for them. */
  readonly tokenIds: readonly number[];
  readonly scores: readonly OutputScore[];
  readonly tokenBytes: readonly Uint8Array[];
}

interface FoldedCall extends ToolCall {
  /** UTF-8 bytes of the answer's text before the call. */
  readonly textOffsetBytes: number;
}

/** A token id takes up to this many bytes of a message. */
const TOKEN_ID_BYTES = 5;
/** A scored token takes this without its bytes: a tag and a length, two tags, an id, a double. */
const SCORE_BYTES = 20;
/** A token's bytes have this in front of them. */
const BYTES_HEAD_BYTES = 3;
/** A call takes this without its texts: tags, lengths and the offset. */
const CALL_BYTES = 32;

interface GrowingCall extends Omit<FoldedCall, "arguments"> {
  readonly fragments: string[];
}

/** Puts the parts of an output together again, each where it belongs. */
export class OutputFold {
  readonly #texts: string[] = [];
  readonly #reasoning: string[] = [];
  readonly #calls: GrowingCall[] = [];
  readonly #tokenIds: number[] = [];
  readonly #scores: OutputScore[] = [];
  readonly #tokenBytes: Uint8Array[] = [];
  #textBytes = 0;
  #bytes = 0;

  /** The answer takes at most this many bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  add(event: OutputEvent): void {
    if (event.type === "text") this.#addText(event);
    else this.#addCall(event);
    this.#tokenIds.push(...event.tokenIds);
    this.#scores.push(...event.scores);
    this.#tokenBytes.push(...event.tokenBytes);
    this.#bytes += tokenFactBytes(event);
  }

  folded(): FoldedOutput {
    return {
      text: this.#texts.join(""),
      reasoning: this.#reasoning.join(""),
      toolCalls: this.#calls.map(({ fragments, ...call }) => ({ ...call, arguments: fragments.join("") })),
      tokenIds: this.#tokenIds,
      scores: this.#scores,
      tokenBytes: this.#tokenBytes,
    };
  }

  #addText({ text, channel }: TextEvent): void {
    const bytes = Buffer.byteLength(text);
    this.#bytes += bytes;
    if (channel === "reasoning") {
      this.#reasoning.push(text);
      return;
    }
    this.#texts.push(text);
    this.#textBytes += bytes;
  }

  #addCall({ index, head, arguments: fragment }: ToolCallEvent): void {
    this.#bytes += Buffer.byteLength(fragment);
    const call = this.#calls[index];
    if (call !== undefined) {
      call.fragments.push(fragment);
      return;
    }
    const { id = "", name = "" } = head ?? {};
    this.#calls.push({ id, name, fragments: [fragment], textOffsetBytes: this.#textBytes });
    this.#bytes += CALL_BYTES + Buffer.byteLength(id) + Buffer.byteLength(name);
  }
}

/** The tokens of a part add at most this to the answer. */
function tokenFactBytes({ tokenIds, scores, tokenBytes }: OutputEvent): number {
  let bytes = tokenIds.length * TOKEN_ID_BYTES;
  for (const own of tokenBytes) bytes += own.length + BYTES_HEAD_BYTES;
  for (const { top } of scores) {
    bytes += SCORE_BYTES;
    for (const token of top) bytes += SCORE_BYTES + (token.tokenBytes?.length ?? 0) + BYTES_HEAD_BYTES;
  }
  return bytes;
}
