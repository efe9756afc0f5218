import { Channel, type Chunk, type ToolCallDelta } from "../../../generated/rill/v1/generation_event.js";
import type { GenerateResponse } from "../../../generated/rill/v1/generation_service.js";
import type { TokenLogprobs } from "../../../generated/rill/v1/logprobs.js";
import type { OutputMessage } from "../response/output-message.js";

/** The part of the unary answer that is made of the stream's parts. */
export type FoldedOutput = Pick<
  GenerateResponse,
  "text" | "reasoning" | "toolCalls" | "tokenIds" | "logprobs" | "tokenBytes"
>;

/** A token id takes up to so many bytes of a message. */
const TOKEN_ID_BYTES = 5;
/** A token in `logprobs` or `top`, without its bytes: a tag and a length, two tags, an id, a double. */
const LOGPROB_BYTES = 20;
/** In front of a token's bytes. */
const BYTES_HEAD_BYTES = 3;
/** A call, without its texts: tags, lengths and the offset. */
const CALL_BYTES = 32;

interface Call {
  readonly id: string;
  readonly name: string;
  readonly fragments: string[];
  readonly textOffsetBytes: number;
}

/** Puts the parts of an output together again, each where it belongs. */
export class OutputFold {
  readonly #texts: string[] = [];
  readonly #reasoning: string[] = [];
  readonly #calls: Call[] = [];
  readonly #tokenIds: number[] = [];
  readonly #logprobs: TokenLogprobs[] = [];
  readonly #tokenBytes: Buffer[] = [];
  #textBytes = 0;
  #bytes = 0;

  /** What the answer takes so far, at most. */
  get bytes(): number {
    return this.#bytes;
  }

  add(message: OutputMessage): void {
    if (message.$case === "chunk") this.#addText(message.value);
    else this.#addCall(message.value);
    const { tokenIds, logprobs, tokenBytes } = message.value;
    this.#tokenIds.push(...tokenIds);
    this.#logprobs.push(...logprobs);
    this.#tokenBytes.push(...tokenBytes);
    this.#bytes += tokenFactBytes(message.value);
  }

  folded(): FoldedOutput {
    return {
      text: this.#texts.join(""),
      reasoning: this.#reasoning.join(""),
      toolCalls: this.#calls.map(({ fragments, ...call }) => ({ ...call, arguments: fragments.join("") })),
      tokenIds: this.#tokenIds,
      logprobs: this.#logprobs,
      tokenBytes: this.#tokenBytes,
    };
  }

  #addText({ text, channel }: Chunk): void {
    const bytes = Buffer.byteLength(text);
    this.#bytes += bytes;
    if (channel === Channel.REASONING) {
      this.#reasoning.push(text);
      return;
    }
    this.#texts.push(text);
    this.#textBytes += bytes;
  }

  #addCall({ index, id = "", name = "", arguments: fragment }: ToolCallDelta): void {
    this.#bytes += Buffer.byteLength(fragment);
    const call = this.#calls[index];
    if (call !== undefined) {
      call.fragments.push(fragment);
      return;
    }
    this.#calls.push({ id, name, fragments: [fragment], textOffsetBytes: this.#textBytes });
    this.#bytes += CALL_BYTES + Buffer.byteLength(id) + Buffer.byteLength(name);
  }
}

/** What the tokens of a part add to the answer, at most. */
function tokenFactBytes({ tokenIds, logprobs, tokenBytes }: OutputMessage["value"]): number {
  let bytes = tokenIds.length * TOKEN_ID_BYTES;
  for (const own of tokenBytes) bytes += own.length + BYTES_HEAD_BYTES;
  for (const { top } of logprobs) {
    bytes += LOGPROB_BYTES;
    for (const token of top) bytes += LOGPROB_BYTES + token.tokenBytes.length + BYTES_HEAD_BYTES;
  }
  return bytes;
}
