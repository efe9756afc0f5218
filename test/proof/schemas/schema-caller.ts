import { type ServiceError, status as Status } from "@grpc/grpc-js";
import { RuntimeClient } from "../../support/runtime-client.js";
import { statusDetails } from "../../support/status-details.js";
import { type CorpusSchema, toolNameOf } from "./corpus.js";

interface UnheldKeyword {
  readonly pointer: string;
  readonly description: string;
}

interface GenerateMessage {
  readonly text: string;
  readonly finish_reason: string;
  readonly tool_calls: readonly { readonly name: string; readonly arguments: string }[];
  readonly not_held: readonly UnheldKeyword[];
  readonly usage: { readonly output_tokens: number };
}

/** The outcome of a request with a schema: its refusal, or the outputs. */
export type Answer =
  | { readonly taken: false; readonly reasons: readonly string[] }
  | {
      readonly taken: true;
      readonly notHeld: readonly UnheldKeyword[];
      /** The JSON texts that the model wrote: the answer, or the arguments of each call. */
      readonly outputs: readonly string[];
      /** Whether a limit ended the last of them. */
      readonly isCut: boolean;
      readonly outputTokens: number;
    };

export interface AskOptions {
  readonly seed: number;
  readonly mostTokens: number;
}

/** They move a small model to write short texts. */
const EXAMPLES = `JSON with short words.
make_list: {"name": "garden", "color": "green", "size": 3}
send_note: {"to": "Anna", "text": "see you soon"}
open_door: {"door": "front", "slowly": true}
`;

/** A small model repeats itself at any temperature. The penalty spares quotes and colons, and so the JSON around texts. */
const DRY = { multiplier: 2, allowed_length: 1 };

/** A small model seldom ends a text or a list of its own accord. Tokens that do so are this much likelier. */
const ENDINGS = [
  ...['"', '",', '"}', '"},'].map((text) => ({ text, bias: 2 })),
  ...["]", "],", "]}", "}]", '"]', '"],'].map((text) => ({ text, bias: 3 })),
];

/** Puts schemas into requests in the three ways of callers, at temperature 1. */
export class SchemaCaller implements Disposable {
  readonly #client: RuntimeClient;

  constructor(address: string) {
    this.#client = new RuntimeClient(address);
  }

  /** The schema as `json_schema`. */
  async askForJson(one: CorpusSchema, options: AskOptions): Promise<Answer> {
    const prompt = `${EXAMPLES}${toolNameOf(one)}: `;
    const answer = await this.#generate({ prompt, json_schema: JSON.stringify(one.schema) }, options);
    if (!("text" in answer)) return answer;
    const isCut = answer.finish_reason !== "FINISH_REASON_CONSTRAINT_COMPLETE";
    return { taken: true, outputs: [answer.text], isCut, ...figuresOf(answer) };
  }

  /** The schema as the parameters of the tool that has to be called. */
  async askForCall(one: CorpusSchema, options: AskOptions): Promise<Answer> {
    const tool = toolNameOf(one);
    const messages = [{ role: "ROLE_USER", content: `Call ${tool} with short values.` }];
    const chat = { messages, tools: [toolOf(one)], tool_choice: { tool } };
    return callsOf(await this.#generate({ chat }, options));
  }

  /**
   * The schema as the parameters of a tool that may be called.
   * @param examples arguments of earlier calls in the conversation, which move a small model to call again
   */
  async offerTool(one: CorpusSchema, examples: readonly string[], options: AskOptions): Promise<Answer> {
    const name = toolNameOf(one);
    // The model would repeat a result instead of the next call, so the earlier calls have none.
    const messages: object[] = examples.flatMap((example, turn) => [
      { role: "ROLE_USER", content: `Call ${name} with short values.` },
      { role: "ROLE_ASSISTANT", tool_calls: [{ id: `call_${turn}`, name, arguments: example }] },
    ]);
    messages.push({ role: "ROLE_USER", content: `Call ${name} with short values.` });
    const chat = { messages, tools: [toolOf(one)], tool_choice: { mode: "TOOL_CHOICE_MODE_AUTO" } };
    // The penalty would fall on the mark of a call, which the conversation holds already.
    return callsOf(await this.#generate({ chat }, options, {}));
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }

  async #generate(
    request: object,
    { seed, mostTokens }: AskOptions,
    penalties: object = { dry: DRY },
  ): Promise<GenerateMessage | Extract<Answer, { taken: false }>> {
    const sampling = { seed, temperature: 1, logit_bias: ENDINGS, ...penalties };
    const whole = { ...request, sampling, stopping: { max_output_tokens: mostTokens } };
    try {
      return (await this.#client.unary("rill.v1.GenerationService/Generate", whole)) as GenerateMessage;
    } catch (error) {
      const refusal = error as ServiceError;
      if (refusal.code !== Status.INVALID_ARGUMENT) throw error;
      return { taken: false, reasons: statusDetails(refusal).descriptions };
    }
  }
}

function toolOf(one: CorpusSchema): object {
  return { name: toolNameOf(one), parameters: JSON.stringify(one.schema) };
}

function callsOf(answer: GenerateMessage | Extract<Answer, { taken: false }>): Answer {
  if (!("text" in answer)) return answer;
  const isCut = answer.finish_reason === "FINISH_REASON_MAX_TOKENS";
  return { taken: true, outputs: answer.tool_calls.map((call) => call.arguments), isCut, ...figuresOf(answer) };
}

function figuresOf(answer: GenerateMessage): {
  readonly notHeld: readonly UnheldKeyword[];
  readonly outputTokens: number;
} {
  return { notHeld: answer.not_held, outputTokens: answer.usage.output_tokens };
}
