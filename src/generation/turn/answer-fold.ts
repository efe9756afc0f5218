import type { Piece, ToolCallFragment } from "../../core/piece.js";
import type { ToolCall } from "../../core/conversation.js";
import type { GeneratedAnswer } from "../../sessions/held-turn.js";
import { isJsonObject, tryParseJson } from "../../core/json.js";

interface OpenCall {
  readonly id: string;
  readonly name: string;
  arguments: string;
}

/** Puts a generation's output together as its turn stores it: the answer's text, the reasoning, and every whole call. */
export class AnswerFold {
  #text = "";
  #reasoning = "";
  /** The whole ones of the calls before the last one, which have ended. */
  readonly #whole: ToolCall[] = [];
  #last: OpenCall | undefined;

  get generated(): GeneratedAnswer {
    const toolCalls = [...this.#whole, ...wholeOnly(this.#last)];
    return {
      answer: this.#text,
      ...(this.#reasoning === "" ? {} : { reasoning: this.#reasoning }),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
    };
  }

  add({ text, channel, call }: Piece): void {
    if (call !== undefined) this.#addCall(call);
    else if (channel === "reasoning") this.#reasoning += text;
    else this.#text += text;
  }

  #addCall({ head, arguments: fragment }: ToolCallFragment): void {
    if (head !== undefined) {
      this.#whole.push(...wholeOnly(this.#last));
      this.#last = { id: head.id, name: head.name, arguments: fragment };
    } else if (this.#last !== undefined) {
      this.#last.arguments += fragment;
    }
  }
}

/** Leaves out a call whose arguments were cut off, because nobody could answer it. */
function wholeOnly(call: OpenCall | undefined): ToolCall[] {
  return call !== undefined && isJsonObject(tryParseJson(call.arguments)) ? [{ ...call }] : [];
}
