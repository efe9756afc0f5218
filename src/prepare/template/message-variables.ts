import { createHash } from "node:crypto";
import type { Message } from "../../core/conversation.js";
import { isJsonObject } from "../../core/json.js";
import type { CallSyntax } from "../../core/output-format.js";
import type { Tool, ToolCall } from "../../core/tool.js";
import { arrangeCalls, type CallArrangement } from "./arrange-calls.js";
import type { HiddenTexts } from "./hidden-texts.js";
import { type JsonObject, type JsonValue, parseJsonObject } from "./parse-json.js";
import { writeCalls } from "./write-calls.js";

/** How one template wants a conversation with calls in it: see `findMessageShape`. */
export interface MessageShape extends CallArrangement {
  /** What the arguments of a call are: a value, or JSON text. written: calls stand in the content, as this syntax has them. */
  readonly calls: "value" | "text" | { readonly written: CallSyntax };
  /** What a call is told by. any: its own id. nine: nine letters and digits. numbered: the tool and a number, as in `functions.add:0`. */
  readonly ids: "any" | "nine" | "numbered";
  /** True: each parameter has a description, be it empty; the template fails where one has none. */
  readonly describesAll: boolean;
  /** The field for what an assistant thought. undefined: it is left out. */
  readonly reasoning: string | undefined;
}

/** For conversations without calls. */
export const PLAIN_SHAPE: MessageShape = Object.freeze({
  calls: "value",
  callsApart: false,
  textApart: false,
  ids: "any",
  describesAll: false,
  reasoning: undefined,
});

/** Tools as templates know them, in their order. */
export function toolVariables(
  tools: readonly Tool[],
  { shape, texts }: { shape: MessageShape; texts: HiddenTexts },
): JsonValue {
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
  return { ...schema, properties: Object.fromEntries(described) as JsonObject };
}

/** Messages as templates know them. `end` is put after the content of the last one. */
export function messageVariables(
  messages: readonly Message[],
  { shape, texts, end }: { shape: MessageShape; texts: HiddenTexts; end: string },
): JsonObject[] {
  const told = tellCalls(messages, shape);
  const hidden = { told, shape, texts };
  const arranged = typeof shape.calls === "string" ? arrangeCalls(messages, shape) : messages;
  return arranged.map((message, index) => {
    const { role, toolCalls = [], toolCallId, reasoning } = message;
    const content = texts.hide(message.content) + (index === arranged.length - 1 ? end : "");
    const thought =
      shape.reasoning === undefined || reasoning === undefined ? {} : { [shape.reasoning]: texts.hide(reasoning) };
    if (role === "tool") return { role, content, ...resultOf(toolCallId ?? "", hidden) };
    if (toolCalls.length === 0) return { role, content, ...thought };
    if (typeof shape.calls === "object") {
      return { role, content: content + writeCalls(toolCalls, shape.calls.written, texts.hide), ...thought };
    }
    const field = `chat.messages[${messages.indexOf(message)}].tool_calls`;
    const calls = toolCalls.map((call, place) => callOf(call, { field: `${field}[${place}]`, ...hidden }));
    return { role, content, ...thought, tool_calls: calls };
  });
}

interface Hidden {
  readonly told: ReadonlyMap<string, { readonly id: string; readonly name: string }>;
  readonly shape: MessageShape;
  readonly texts: HiddenTexts;
}

function resultOf(callId: string, { told, texts }: Hidden): JsonObject {
  const { id, name } = told.get(callId) ?? { id: callId, name: "" };
  return { tool_call_id: texts.hideValue(id), name: texts.hideValue(name) };
}

function callOf(call: ToolCall, { field, told, shape, texts }: Hidden & { readonly field: string }): JsonObject {
  const parsed = parseJsonObject(call.arguments, { field: `${field}.arguments`, texts });
  return {
    id: texts.hideValue(told.get(call.id)?.id ?? call.id),
    type: "function",
    function: {
      name: texts.hideValue(call.name),
      arguments: shape.calls === "text" ? texts.hide(call.arguments) : parsed,
    },
  };
}

/** What the template is told of each call, by the call's own id. */
function tellCalls(messages: readonly Message[], { ids }: MessageShape): Hidden["told"] {
  const calls = messages.flatMap(({ toolCalls = [] }) => toolCalls);
  return new Map(
    calls.map(({ id, name }, index) => {
      if (ids === "numbered") return [id, { id: `functions.${name}:${index}`, name }];
      return [id, { id: ids === "nine" ? toNine(id) : id, name }];
    }),
  );
}

/** The id as it is, if it has nine letters and digits; else of its digest. */
function toNine(id: string): string {
  if (/^[A-Za-z0-9]{9}$/.test(id)) return id;
  return createHash("sha256").update(id).digest("base64url").replaceAll(/[-_]/g, "0").slice(0, 9);
}
