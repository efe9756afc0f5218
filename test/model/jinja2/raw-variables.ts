import { parseJsonObject } from "../../../src/prepare/template/hidden-texts.js";
import type { ChatRequest } from "../../../src/prepare/template/chat-template.js";
import type { JinjaValue } from "../../../src/prepare/jinja/values.js";
import type { TemplateInput } from "./jinja2-peer.js";

const dict = (members: Readonly<Record<string, JinjaValue>>): JinjaValue =>
  new Map(Object.entries(members).filter(([, value]) => value !== undefined));
const parse = (text: string): JinjaValue => parseJsonObject(text, { field: "json", hide: (it) => it });

/** The variables that transformers gives to a template for a conversation, whatever the template's own ways. */
export function rawVariables({ messages, tools }: ChatRequest): TemplateInput {
  const shown = messages.map(({ role, content, toolCalls, toolCallId, reasoning }) =>
    dict({
      role,
      content,
      reasoning_content: reasoning,
      tool_call_id: toolCallId,
      tool_calls: toolCalls?.map(({ id, name, arguments: args }) =>
        dict({ id, type: "function", function: dict({ name, arguments: parse(args) }) }),
      ),
    }),
  );
  return new Map<string, JinjaValue>([
    ["messages", shown],
    [
      "tools",
      tools?.tools.map(({ name, description, parameters }) =>
        dict({ type: "function", function: dict({ name, description, parameters: parse(parameters) }) }),
      ) ?? null,
    ],
    ["add_generation_prompt", messages.at(-1)?.role !== "assistant"],
    ["bos_token", "<s>"],
    ["eos_token", "</s>"],
  ]);
}
