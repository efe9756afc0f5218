import { Template } from "@huggingface/jinja";
import type { Message, Tool, ToolCall } from "../../core/conversation.js";
import { isJsonObject, type JsonObject } from "../../core/json.js";
import { type HiddenTexts, parseJsonObject } from "./hidden-texts.js";
import { InputRefusal } from "../../core/generation-error.js";
import type { Vocabulary } from "../tokens/vocabulary.js";
import { createHash } from "node:crypto";
import type { CallSyntax } from "../../core/call-syntax.js";
import { writeCalls } from "./written-calls.js";

/** The input of one rendering. */
export interface Rendering {
  readonly messages: readonly Message[];
  /** The tools that the template itself shows. */
  readonly tools: readonly Tool[];
  /** The variables beside messages and tools. */
  readonly variables: JsonObject;
  readonly shape: TemplateShape;
  readonly texts: HiddenTexts;
  /** A text after the content of the last message, which the model then continues. By default the prompt asks for an answer. */
  readonly end?: string | undefined;
}

/** The field that an error names when a template fails. */
const TEMPLATE_FIELD = "chat.messages";

/** Runs one Jinja template with the variables of chat templates. */
export class JinjaRenderer {
  readonly #template: Template;
  readonly #vocabulary: Vocabulary;
  /** The value of `tools` without tools. Some templates fail when it is undefined, others when it is an empty list. */
  readonly #noTools: readonly never[] | undefined;

  /** @throws Error when the source cannot be parsed */
  constructor(
    source: string,
    { vocabulary, noTools }: { vocabulary: Vocabulary; noTools: readonly never[] | undefined },
  ) {
    this.#template = new Template(source);
    this.#vocabulary = vocabulary;
    this.#noTools = noTools;
  }

  /** Renders the prompt. @throws InputRefusal when the template fails or a JSON field is invalid */
  run({ messages, tools, variables, shape, texts, end }: Rendering): string {
    const values = messageVariables(messages, { shape, texts, end: end ?? "" });
    const toolValues = tools.length === 0 ? this.#noTools : toolVariables(tools, { shape, texts });
    const { tokens } = this.#vocabulary.model;
    try {
      return this.#template.render({
        ...variables,
        messages: values,
        tools: toolValues,
        add_generation_prompt: end === undefined,
        bos_token: tokens.bosString ?? "",
        eos_token: tokens.eosString ?? "",
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InputRefusal(
        TEMPLATE_FIELD,
        `the model's chat template does not accept this conversation: ${texts.reveal(reason)}`,
      );
    }
  }

  /** Renders the prompt, or returns undefined if the template fails. @throws InputRefusal when a JSON field is invalid */
  tryRun(rendering: Rendering): string | undefined {
    try {
      return this.run(rendering);
    } catch (error) {
      if (error instanceof InputRefusal && error.violation.field === TEMPLATE_FIELD) return undefined;
      throw error;
    }
  }
}

/** The form in which one template takes calls and their results. `findToolSupport` finds it out. */
export interface TemplateShape {
  /** Whether each call needs a message of its own, followed by its result. */
  readonly callsApart: boolean;
  /** Whether the text before the calls needs a message of its own. */
  readonly textApart: boolean;
  /** The form of a call's arguments, a value or JSON text. `written` means that the calls are part of the content, in this syntax. */
  readonly calls: "value" | "text" | { readonly written: CallSyntax };
  /** The ids of calls: the call's own id, nine letters and digits, or the tool and a number, as in `functions.add:0`. */
  readonly ids: "any" | "nine" | "numbered";
  /** Whether each parameter needs a description, even an empty one. */
  readonly describesAll: boolean;
  /** The field for an assistant's reasoning. undefined means that it is left out. */
  readonly reasoning: string | undefined;
}

/** The shape of conversations without calls. */
export const PLAIN_SHAPE: TemplateShape = Object.freeze({
  calls: "value",
  callsApart: false,
  textApart: false,
  ids: "any",
  describesAll: false,
  reasoning: undefined,
});

/** The template variable for tools. */
function toolVariables(
  tools: readonly Tool[],
  { shape, texts }: { shape: TemplateShape; texts: HiddenTexts },
): readonly JsonObject[] {
  return tools.map(({ name, description, parameters }, index) => {
    const schema = parseJsonObject(parameters, { field: `chat.tools[${index}].parameters`, texts });
    return {
      type: "function",
      function: {
        name: texts.hideValue(name),
        description: texts.hide(description),
        parameters: shape.describesAll ? describeAll(schema) : schema,
      },
    };
  });
}

function describeAll(schema: JsonObject): JsonObject {
  const { properties } = schema;
  if (!isJsonObject(properties)) return schema;
  const described = Object.entries(properties).map(([name, property]) => [
    name,
    isJsonObject(property) && property.description === undefined ? { ...property, description: "" } : property,
  ]);
  return { ...schema, properties: Object.fromEntries(described) };
}

/** The template variable for messages. `end` follows the content of the last one. */
function messageVariables(
  messages: readonly Message[],
  { shape, texts, end }: { shape: TemplateShape; texts: HiddenTexts; end: string },
): JsonObject[] {
  const shown = shownCalls(messages, shape);
  const hidden = { shown, shape, texts };
  const arranged = typeof shape.calls === "string" ? arrangeCalls(messages, shape) : messages;
  return arranged.map((message, index) => {
    const { role, toolCalls = [], toolCallId, reasoning } = message;
    const content = texts.hide(message.content) + (index === arranged.length - 1 ? end : "");
    const shownReasoning =
      shape.reasoning === undefined || reasoning === undefined ? {} : { [shape.reasoning]: texts.hide(reasoning) };
    if (role === "tool") return { role, content, ...resultOf(toolCallId ?? "", hidden) };
    if (toolCalls.length === 0) return { role, content, ...shownReasoning };
    if (typeof shape.calls === "object") {
      return { role, content: content + writeCalls(toolCalls, shape.calls.written, texts.hide), ...shownReasoning };
    }
    const field = `chat.messages[${messages.indexOf(message)}].tool_calls`;
    const calls = toolCalls.map((call, position) => callOf(call, { field: `${field}[${position}]`, ...hidden }));
    return { role, content, ...shownReasoning, tool_calls: calls };
  });
}

interface CallRendering {
  readonly shown: ReadonlyMap<string, { readonly id: string; readonly name: string }>;
  readonly shape: TemplateShape;
  readonly texts: HiddenTexts;
}

function resultOf(callId: string, { shown, texts }: CallRendering): JsonObject {
  const { id, name } = shown.get(callId) ?? { id: callId, name: "" };
  return { tool_call_id: texts.hideValue(id), name: texts.hideValue(name) };
}

function callOf(
  call: ToolCall,
  { field, shown, shape, texts }: CallRendering & { readonly field: string },
): JsonObject {
  const parsed = parseJsonObject(call.arguments, { field: `${field}.arguments`, texts });
  return {
    id: texts.hideValue(shown.get(call.id)?.id ?? call.id),
    type: "function",
    function: {
      name: texts.hideValue(call.name),
      arguments: shape.calls === "text" ? texts.hide(call.arguments) : parsed,
    },
  };
}

/** The id and the name that the template shows of each call, by the call's own id. */
function shownCalls(messages: readonly Message[], { ids }: TemplateShape): CallRendering["shown"] {
  const calls = messages.flatMap(({ toolCalls = [] }) => toolCalls);
  return new Map(
    calls.map(({ id, name }, index) => {
      if (ids === "numbered") return [id, { id: `functions.${name}:${index}`, name }];
      return [id, { id: ids === "nine" ? toNine(id) : id, name }];
    }),
  );
}

/** The id if it is nine letters and digits, and otherwise nine of its digest. */
function toNine(id: string): string {
  if (/^[A-Za-z0-9]{9}$/.test(id)) return id;
  return createHash("sha256").update(id).digest("base64url").replaceAll(/[-_]/g, "0").slice(0, 9);
}

/** Splits messages with calls, for a template that would reject them or drop a part of them. */
export function arrangeCalls(
  messages: readonly Message[],
  { callsApart, textApart }: Pick<TemplateShape, "callsApart" | "textApart">,
): Message[] {
  const arranged: Message[] = [];
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index];
    if (message === undefined) break;
    if (message.toolCalls === undefined) {
      arranged.push(message);
      continue;
    }
    const { content, ...calling } = message;
    const isApart = textApart && content !== "";
    if (isApart) arranged.push({ role: "assistant", content });
    const caller = isApart ? { ...calling, content: "" } : message;
    const results = resultsAfter(messages, index);
    index += results.length;
    if (callsApart) arranged.push(...splitCalls(caller, results));
    else arranged.push(caller, ...results);
  }
  return arranged;
}

function resultsAfter(messages: readonly Message[], index: number): readonly Message[] {
  const end = messages.findIndex(({ role }, other) => other > index && role !== "tool");
  return messages.slice(index + 1, end < 0 ? undefined : end);
}

/** Gives each call a message, followed by its results. Reasoning and text stay with the first call. */
function splitCalls(caller: Message, results: readonly Message[]): Message[] {
  const calls = caller.toolCalls ?? [];
  const known = new Set(calls.map(({ id }) => id));
  const isStray = ({ toolCallId = "" }: Message): boolean => !known.has(toolCallId);
  return [
    ...calls.flatMap((call, index): Message[] => [
      index === 0 ? { ...caller, toolCalls: [call] } : { role: "assistant", content: "", toolCalls: [call] },
      ...results.filter(({ toolCallId }) => toolCallId === call.id),
    ]),
    ...results.filter(isStray),
  ];
}

const FIELD = "chat.template_arguments";

/** Variables that the server sets, and names of the template language. */
const RESERVED = new Set([
  ...["messages", "tools", "add_generation_prompt", "bos_token", "eos_token"],
  ...[
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "range",
    "namespace",
    "raise_exception",
    "strftime_now",
    "loop",
  ],
]);

/** The names of the variables that switch reasoning on and off. */
export const REASONING_SWITCHES = ["enable_thinking", "thinking"] as const;

/**
 * Parses the caller's variables for a template.
 * @param source the template's text. A variable that it never names would be silently ignored, so it is rejected.
 * @throws InputRefusal that names the variable
 */
export function parseTemplateArguments(
  text: string,
  { source, texts }: { source: string; texts: HiddenTexts },
): JsonObject {
  const variables = parseJsonObject(text, {
    field: FIELD,
    texts: { hideValue: texts.hideValue, hideKey: texts.hideKey },
  });
  for (const name of Object.keys(variables)) {
    const shown = JSON.stringify(texts.reveal(name));
    if (RESERVED.has(name)) throw new InputRefusal(FIELD, `contains ${shown}, which the server sets itself`);
    if (REASONING_SWITCHES.some((it) => it === name)) {
      throw new InputRefusal(FIELD, `contains ${shown}; reasoning.enabled sets it`);
    }
    if (!source.includes(name)) {
      throw new InputRefusal(FIELD, `contains ${shown}, which the model's chat template does not use`);
    }
  }
  return variables;
}
