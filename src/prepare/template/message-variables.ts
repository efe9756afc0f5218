import { createHash } from "node:crypto";
import type { Message, Tool, ToolCall } from "../../core/conversation.js";
import { isJsonObject, type JsonObject } from "../../core/json.js";
import type { CallSyntax } from "../../core/output-format.js";
import { arrangeCalls, type CallArrangement } from "./arrange-calls.js";
import { writeCalls } from "./call-text.js";
import type { HiddenTexts } from "./hidden-texts.js";
import { parseJsonObject } from "./parse-json.js";

/** The form in which one template takes calls and their results. `findToolSupport` finds it out. */
export interface TemplateShape extends CallArrangement {
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
export function toolVariables(
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
export function messageVariables(
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
