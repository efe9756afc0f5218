import type { Message, Tool, ToolCall } from "../../core/conversation.js";
import { type HiddenTexts, parseJsonObject } from "./hidden-texts.js";
import { InputRefusal } from "../../core/generation-error.js";
import type { Vocabulary } from "../tokens/vocabulary.js";
import { createHash } from "node:crypto";
import type { JinjaProgram } from "../jinja/jinja-program.js";
import { showHidden } from "../jinja/hidden-chars.js";
import { TemplateError } from "../jinja/template-error.js";
import { isDict, type JinjaDict, type JinjaValue, UniqueDict } from "../jinja/values.js";
import type { CallSyntax } from "../../core/call-syntax.js";
import { writeCalls } from "./written-calls.js";

/** The variables that a template takes beside messages and tools. */
export type TemplateVariables = Readonly<Record<string, JinjaValue>>;

/** The input of one rendering. */
export interface Rendering {
  readonly messages: readonly Message[];
  /** The tools that the template itself shows. */
  readonly tools: readonly Tool[];
  /** The variables beside messages and tools. */
  readonly variables: TemplateVariables;
  readonly shape: TemplateShape;
  readonly texts: HiddenTexts;
  /** A text after the content of the last message, which the model then continues. By default the prompt asks for an answer. */
  readonly end?: string | undefined;
}

/** The field that an error names when a template fails. */
const TEMPLATE_FIELD = "chat.messages";

/** Runs one Jinja template with the variables of chat templates. */
export class JinjaRenderer {
  readonly #program: JinjaProgram;
  readonly #vocabulary: Vocabulary;
  /** The value of `tools` without tools. Some templates fail when it is undefined, others when it is an empty list. */
  readonly #noTools: readonly never[] | undefined;

  constructor(
    program: JinjaProgram,
    { vocabulary, noTools }: { vocabulary: Vocabulary; noTools: readonly never[] | undefined },
  ) {
    this.#program = program;
    this.#vocabulary = vocabulary;
    this.#noTools = noTools;
  }

  /** Renders the prompt. @throws InputRefusal when the template fails or a JSON field is invalid */
  run(rendering: Rendering): string {
    try {
      return this.render(rendering);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      const place = error.isRaised ? "" : ` (line ${error.line} of the template)`;
      throw new InputRefusal(
        TEMPLATE_FIELD,
        `the model's chat template does not accept this conversation: ${showHidden(error.message)}${place}`,
      );
    }
  }

  /** Renders the prompt. @throws TemplateError when the template fails, and InputRefusal when a JSON field is invalid */
  render(rendering: Rendering): string {
    return this.#program.render(this.#variablesOf(rendering));
  }

  /** All variables that the template gets. @throws InputRefusal when a JSON field is invalid */
  #variablesOf({ messages, tools, variables, shape, texts, end }: Rendering): ReadonlyMap<string, JinjaValue> {
    const { tokens } = this.#vocabulary.model;
    return new Map<string, JinjaValue>([
      ...Object.entries(variables),
      ["messages", messageVariables(messages, { shape, texts, end: end ?? "" })],
      ["tools", tools.length === 0 ? this.#noTools : toolVariables(tools, { shape, texts })],
      ["add_generation_prompt", end === undefined],
      ["bos_token", tokens.bosString ?? ""],
      ["eos_token", tokens.eosString ?? ""],
    ]);
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
  /** Whether a message with calls and without text has null for its content. By default it is an empty text. */
  readonly hasNullContent?: boolean;
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
): readonly JinjaDict[] {
  return tools.map(({ name, description, parameters }, index) => {
    const schema = parseJsonObject(parameters, { field: `chat.tools[${index}].parameters`, hide: texts.hideValue });
    const described = dict({
      name: texts.hideValue(name),
      description: texts.hide(description),
      parameters: shape.describesAll ? describeAll(schema) : schema,
    });
    return dict({ type: "function", function: described });
  });
}

function dict(members: TemplateVariables): JinjaDict {
  return new Map(Object.entries(members));
}

function describeAll(schema: JinjaDict): JinjaDict {
  const properties = schema.get("properties");
  if (!isDict(properties)) return schema;
  const described = [...properties].map(([name, property]): [JinjaValue, JinjaValue] => [
    name,
    isDict(property) && !property.has("description") ? new Map([...property, ["description", ""]]) : property,
  ]);
  return new Map([...schema, ["properties", new Map(described)]]);
}

function messageOf(members: TemplateVariables): JinjaDict {
  return new UniqueDict(Object.entries(members));
}

/** The template variable for messages. `end` follows the content of the last one. */
function messageVariables(
  messages: readonly Message[],
  { shape, texts, end }: { shape: TemplateShape; texts: HiddenTexts; end: string },
): readonly JinjaDict[] {
  const shown = shownCalls(messages, shape);
  const hidden = { shown, shape, texts };
  // Splitting makes other messages of the same calls.
  const fields = new Map(
    messages.flatMap(({ toolCalls = [] }, index) =>
      toolCalls.map((call, position) => [call, `chat.messages[${index}].tool_calls[${position}]`] as const),
    ),
  );
  const arranged = typeof shape.calls === "string" ? arrangeCalls(messages, shape) : messages;
  return arranged.map((message, index) => {
    const { role, toolCalls = [], toolCallId, reasoning } = message;
    const content = texts.hide(message.content) + (index === arranged.length - 1 ? end : "");
    const shownReasoning =
      shape.reasoning === undefined || reasoning === undefined ? {} : { [shape.reasoning]: texts.hide(reasoning) };
    if (role === "tool") return messageOf({ role, content, ...resultOf(toolCallId ?? "", hidden) });
    if (toolCalls.length === 0) return messageOf({ role, content, ...shownReasoning });
    if (typeof shape.calls === "object") {
      const field = `chat.messages[${messages.indexOf(message)}].tool_calls`;
      const written = writeCalls(toolCalls, shape.calls.written, { hide: texts.hide, field });
      return messageOf({ role, content: content + written, ...shownReasoning });
    }
    const calls = toolCalls.map((call) => callOf(call, { field: fields.get(call) ?? "", ...hidden }));
    const shownContent = shape.hasNullContent === true && message.content === "" ? null : content;
    return messageOf({ role, content: shownContent, ...shownReasoning, tool_calls: calls });
  });
}

interface CallRendering {
  readonly shown: ReadonlyMap<string, { readonly id: string; readonly name: string }>;
  readonly shape: TemplateShape;
  readonly texts: HiddenTexts;
}

function resultOf(callId: string, { shown, texts }: CallRendering): TemplateVariables {
  const { id, name } = shown.get(callId) ?? { id: callId, name: "" };
  return { tool_call_id: texts.hideValue(id), name: texts.hideValue(name) };
}

function callOf(call: ToolCall, { field, shown, shape, texts }: CallRendering & { readonly field: string }): JinjaDict {
  const parsed = parseJsonObject(call.arguments, { field: `${field}.arguments`, hide: texts.hideValue });
  const called = dict({
    name: texts.hideValue(call.name),
    arguments: shape.calls === "text" ? texts.hide(call.arguments) : parsed,
  });
  return dict({ id: texts.hideValue(shown.get(call.id)?.id ?? call.id), type: "function", function: called });
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
