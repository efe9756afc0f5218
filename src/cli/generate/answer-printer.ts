import type { Writable } from "node:stream";
import type { JsonObject } from "../../client/contract-json.js";
import type { ChunkJson, GenerateResponseJson, ToolCallDeltaJson } from "../command/generation-json.js";
import { type TextOutput, visibleText } from "../command/text-output.js";

const DIM = "\u001b[2m";
const NORMAL = "\u001b[22m";
const REASONING = "CHANNEL_REASONING";

export interface AnswerPrinterOptions {
  /** The output for the answer and for the calls, each on a line of its own. */
  readonly output: Pick<TextOutput, "write" | "startLine">;
  /** The output for the reasoning, or undefined if it is not shown. */
  readonly aside: ((text: string) => void) | undefined;
}

interface PrintedCall {
  readonly id: string;
  readonly name: string;
  arguments: string;
}

/** Prints an answer as it arrives, and keeps the parts that the conversation continues with. */
export class AnswerPrinter {
  readonly #options: AnswerPrinterOptions;
  readonly #calls: PrintedCall[] = [];
  #text = "";
  #reasoning = "";
  #isCalling = false;

  constructor(options: AnswerPrinterOptions) {
    this.#options = options;
  }

  get calls(): readonly Readonly<PrintedCall>[] {
    return this.#calls;
  }

  /** The answer as the message that the next request of the conversation must contain. */
  message(): JsonObject {
    const toolCalls = this.#calls.map(({ id, name, arguments: text }) => ({ id, name, arguments: text }));
    return {
      role: "ROLE_ASSISTANT",
      content: this.#text,
      ...(this.#reasoning === "" ? {} : { reasoning: this.#reasoning }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    };
  }

  async chunk({ text = "", channel }: ChunkJson): Promise<void> {
    if (channel === REASONING) {
      this.#reasoning += text;
      this.#options.aside?.(text);
      return;
    }
    this.#text += text;
    if (text === "") return;
    if (this.#isCalling) await this.#options.output.startLine();
    this.#isCalling = false;
    await this.#options.output.write(text);
  }

  async call({ id, name, arguments: text = "" }: ToolCallDeltaJson): Promise<void> {
    const { output } = this.#options;
    const last = this.#calls.at(-1);
    if (id !== undefined) {
      this.#calls.push({ id, name: name ?? "", arguments: text });
      await output.startLine();
      await output.write(`${id}: ${name ?? ""} ${text}`);
    } else if (last !== undefined) {
      last.arguments += text;
      await output.write(text);
    }
    this.#isCalling = true;
  }

  /** Prints a complete answer. Its calls follow its text. */
  async whole({ text, reasoning, toolCalls = [] }: GenerateResponseJson): Promise<void> {
    if (reasoning !== undefined) await this.chunk({ text: reasoning, channel: REASONING });
    await this.chunk({ text: text ?? "" });
    for (const { id = "", name, arguments: fragment = "" } of toolCalls) {
      await this.call({ id, ...(name === undefined ? {} : { name }), arguments: fragment });
    }
  }

  /** Ends the line of the last call. */
  async end(): Promise<void> {
    if (this.#isCalling) await this.#options.output.startLine();
  }
}

/** Returns a function that prints reasoning dimmed on a terminal, or undefined for any other stream. */
export function asideOf(stream: Writable & { readonly isTTY?: boolean }): ((text: string) => void) | undefined {
  if (stream.isTTY !== true) return undefined;
  return (text) => {
    if (text !== "") stream.write(`${DIM}${visibleText(text)}${NORMAL}`);
  };
}
