import { createHash } from "node:crypto";
import type { Message } from "../core/conversation.js";
import type { CallSyntax } from "../core/output-format.js";
import type { Tool, ToolCall } from "../core/tool.js";
import { arrangeCalls, type CallArrangement } from "./arrange-calls.js";
import type { HiddenTexts } from "./hidden-texts.js";
import { type JsonObject, type JsonValue, parseJsonObject } from "./parse-json.js";
import { writeCalls } from "./write-calls.js";

/** How one template wants a conversation with calls in it: see `findMessageShape`. */
export interface MessageShape extends CallArrangement {
  /** What the arguments of a call are: a value, or JSON text. written: calls stand in the content, as this syntax has them. */
  readonly calls: "value" | "text" | { readonly written: CallSyntax };
  /** nine: letters and digits, nine of them. */
  readonly ids: "any" | "nine";
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
        name: texts.hide(name),
        description: texts.hide(description),
        parameters: shape.describesAll ? describeAll(schema) : schema,
      },
    };
  });
}

function describeAll(schema: JsonObject): JsonObject {
  const { properties } = schema;
  if (!isObject(properties)) return schema;
  const described = Object.entries(properties).map(([name, property]) => [
    name,
    isObject(property) && property.description === undefined ? { ...property, description: "" } : property,
  ]);
  return { ...schema, properties: Object.fromEntries(described) as JsonObject };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Messages as templates know them. `end` is put after the content of the last one. */
export function messageVariables(
  messages: readonly Message[],
  { shape, texts, end }: { shape: MessageShape; texts: HiddenTexts; end: string },
): JsonObject[] {
  const names = new Map(messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id, name }) => [id, name])));
  const arranged = typeof shape.calls === "string" ? arrangeCalls(messages, shape) : messages;
  return arranged.map((message, index) => {
    const { role, toolCalls = [], toolCallId, reasoning } = message;
    const content = texts.hide(message.content) + (index === arranged.length - 1 ? end : "");
    const thought =
      shape.reasoning === undefined || reasoning === undefined ? {} : { [shape.reasoning]: texts.hide(reasoning) };
    if (role === "tool") return { role, content, ...resultOf(toolCallId ?? "", { names, shape, texts }) };
    if (toolCalls.length === 0) return { role, content, ...thought };
    if (typeof shape.calls === "object") {
      return { role, content: content + writeCalls(toolCalls, shape.calls.written, texts.hide), ...thought };
    }
    const field = `chat.messages[${messages.indexOf(message)}].tool_calls`;
    const calls = toolCalls.map((call, place) => callOf(call, { field: `${field}[${place}]`, shape, texts }));
    return { role, content, ...thought, tool_calls: calls };
  });
}

function resultOf(
  id: string,
  { names, shape, texts }: { names: ReadonlyMap<string, string>; shape: MessageShape; texts: HiddenTexts },
): JsonObject {
  return { tool_call_id: idOf(id, shape, texts), name: texts.hide(names.get(id) ?? "") };
}

function callOf(
  call: ToolCall,
  { field, shape, texts }: { field: string; shape: MessageShape; texts: HiddenTexts },
): JsonObject {
  const parsed = parseJsonObject(call.arguments, { field: `${field}.arguments`, texts });
  return {
    id: idOf(call.id, shape, texts),
    type: "function",
    function: {
      name: texts.hide(call.name),
      arguments: shape.calls === "text" ? texts.hide(call.arguments) : parsed,
    },
  };
}

/** Mistral's templates take ids of nine letters and digits only: another one is told as its digest. */
function idOf(id: string, { ids }: MessageShape, texts: HiddenTexts): string {
  if (ids === "any" || /^[A-Za-z0-9]{9}$/.test(id)) return texts.hide(id);
  return createHash("sha256").update(id).digest("base64url").replaceAll(/[-_]/g, "0").slice(0, 9);
}
