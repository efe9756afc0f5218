import type { Chat } from "../../../generated/rill/v1/conversation.js";
import type { TurnInput } from "../../../generated/rill/v1/turn_input.js";
import type { ChatOptions } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { ToolUse } from "../../core/tool.js";
import { parseJsonObject } from "./json-field.js";
import { parseToolChoice } from "./parse-tool-choice.js";
import { parseTools } from "./parse-tools.js";
import type { Violations } from "../../core/violations.js";

type OptionFields = Pick<Chat | TurnInput, "tools" | "toolChoice" | "parallelToolCalls" | "templateArguments">;

/** What `chat` and `turn` have beside messages. Schemas are looked into where they are made use of, on the prepare worker. */
export function parseChatOptions(
  fields: OptionFields,
  { field, limits }: { field: "chat" | "turn"; limits: Limits },
  violations: Violations,
): ChatOptions {
  const templateArguments = parseTemplateArguments(fields.templateArguments, { field, limits }, violations);
  const tools = parseToolUse(fields, { field, limits }, violations);
  return {
    ...(tools === undefined ? {} : { tools }),
    ...(templateArguments === undefined ? {} : { templateArguments }),
  };
}

function parseToolUse(
  { tools, toolChoice, parallelToolCalls }: OptionFields,
  { field, limits }: { field: string; limits: Limits },
  violations: Violations,
): ToolUse | undefined {
  if (tools.length === 0) {
    const description = "goes with tools only";
    if (toolChoice !== undefined) violations.add(`${field}.tool_choice`, description);
    if (parallelToolCalls !== undefined) violations.add(`${field}.parallel_tool_calls`, description);
    return undefined;
  }
  const parsed = parseTools({ field: `${field}.tools`, tools }, limits, violations);
  const choice = parseToolChoice({ field: `${field}.tool_choice`, choice: toolChoice, tools }, violations);
  return Object.freeze({ tools: parsed, choice, parallel: parallelToolCalls ?? true });
}

function parseTemplateArguments(
  text: string | undefined,
  { field, limits }: { field: string; limits: Limits },
  violations: Violations,
): string | undefined {
  if (text === undefined) return undefined;
  const path = `${field}.template_arguments`;
  const bytes = Buffer.byteLength(text);
  const { templateArgumentBytes } = limits;
  if (bytes > templateArgumentBytes) violations.add(path, `has ${bytes} bytes; at most ${templateArgumentBytes}`);
  else parseJsonObject(path, text, violations);
  return text;
}
