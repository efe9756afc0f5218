import type { JsonObject } from "../../client/contract-json.js";
import type { ChunkJson, GenerationAnswerJson, ToolCallDeltaJson } from "../command/generation-answer.js";
import type { TextOutput } from "../command/text-output.js";

const REASONING = "CHANNEL_REASONING";

export interface AnswerPrinterOptions {
  /** Where the answer goes, and the calls, each on a line of its own. */
  readonly output: Pick<TextOutput, "write" | "startLine">;
  /** Where the thinking goes. undefined: it is not shown. */
  readonly aside: ((text: string) => void) | undefined;
}

interface Call {
  readonly id: string;
  readonly name: string;
  arguments: string;
}

/** Shows an answer to people as it comes, and keeps what of it goes on in the conversation. */
export class AnswerPrinter {
  readonly #options: AnswerPrinterOptions;
  readonly #calls: Call[] = [];
  #text = "";
  #reasoning = "";
  #isCalling = false;

  constructor(options: AnswerPrinterOptions) {
    this.#options = options;
  }

  get calls(): readonly Readonly<Call>[] {
    return this.#calls;
  }

  /** The answer as the message that the next call of the conversation has to bring. */
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

  /** An answer that came in one. Its calls follow its text. */
  async whole({ text, reasoning, toolCalls = [] }: GenerationAnswerJson): Promise<void> {
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
