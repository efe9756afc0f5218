import type { ToolCall } from "../core/conversation.js";
import { GenerationError } from "../core/generation-error.js";
import type {
  AcceptedEvent,
  CompletedEvent,
  ContextTrimmedEvent,
  OutputEvent,
  OutputScore,
  TextEvent,
  ToolCallEvent,
} from "../core/generation-message.js";
import type { CallHandle } from "./claim/generation-call.js";
import type { GenerationMessages } from "./claim/reading.js";

/** A token id takes up to this many bytes of a message. */
const TOKEN_ID_BYTES = 5;
/** A scored token takes this without its bytes: a tag and a length, two tags, an id, a double. */
const SCORE_BYTES = 20;
/** A token's bytes have this in front of them. */
const BYTES_HEAD_BYTES = 3;
/** A call takes this without its texts: tags, lengths and the offset. */
const CALL_BYTES = 32;

/** A generation as one answer. */
export interface FoldedGeneration {
  readonly accepted: AcceptedEvent;
  /** undefined: the model saw the whole input. */
  readonly contextTrimmed: ContextTrimmedEvent | undefined;
  readonly output: FoldedOutput;
  readonly completed: CompletedEvent;
}

/** A whole output, put together from its parts. */
interface FoldedOutput {
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

/**
 * Folds the messages of a generation into one answer. Takes each message at once, so that its credit goes straight back, and keeps the sum.
 * @throws GenerationError RESPONSE_TOO_LARGE as soon as the answer cannot be sent any more, and whatever the generation throws
 */
export async function foldGeneration(
  messages: GenerationMessages,
  { maxResponseBytes, handle }: { maxResponseBytes: number; handle: Pick<CallHandle, "abort"> },
): Promise<FoldedGeneration> {
  const output = new OutputFold();
  let accepted: AcceptedEvent | undefined;
  let contextTrimmed: ContextTrimmedEvent | undefined;
  for await (const { event } of messages) {
    switch (event.type) {
      case "accepted":
        accepted = event;
        break;
      case "context_trimmed":
        contextTrimmed = event;
        break;
      case "text":
      case "tool_call":
        output.add(event);
        if (output.bytes > maxResponseBytes) {
          const error = responseTooLarge(maxResponseBytes);
          // The generation is told why before the loop leaves it.
          handle.abort(error);
          throw error;
        }
        break;
      case "completed":
        if (accepted !== undefined) return { accepted, contextTrimmed, output: output.folded(), completed: event };
        break;
      default:
      // The reader of one answer does not see how its call waits and its input is prefilled.
    }
  }
  throw new Error("the generation ended without accepted and completed");
}

function responseTooLarge(maxResponseBytes: number): GenerationError {
  const text = `the output is larger than a response may be: ${maxResponseBytes} bytes; use GenerateStream`;
  return new GenerationError("RESPONSE_TOO_LARGE", text, { facts: { max_response_bytes: String(maxResponseBytes) } });
}

interface GrowingCall extends Omit<FoldedCall, "arguments"> {
  readonly fragments: string[];
}

/** Puts the parts of an output together again, each where it belongs. */
class OutputFold {
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
