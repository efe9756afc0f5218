import type { Chat } from "../../../generated/rill/v1/conversation.js";
import {
  type Tool as ToolMessage,
  type ToolChoice as ToolChoiceMessage,
  ToolChoiceMode,
} from "../../../generated/rill/v1/tool.js";
import type { TurnInput } from "../../../generated/rill/v1/turn_input.js";
import type { Tool, ToolChoice, ToolUse } from "../../core/conversation.js";
import type { Violations } from "../../core/generation-error.js";
import type { ChatOptions } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import { objectText, parseJsonObject } from "./parse-field.js";

const NAME_PATTERN = /^[A-Za-z0-9_./:-]{1,128}$/;
const MAX_NAME_TEXT_BYTES = 128;
const NO_PARAMETERS = '{"type":"object","properties":{}}';
const AUTO: ToolChoice = Object.freeze({ type: "auto" });

type OptionFields = Pick<Chat | TurnInput, "tools" | "toolChoice" | "parallelToolCalls" | "templateArguments">;

/** Parses the fields that `chat` and `turn` have besides messages. The prepare worker checks the schemas of tools when it uses them. */
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
    const description = "is valid only with tools";
    if (toolChoice !== undefined) violations.add(`${field}.tool_choice`, description);
    if (parallelToolCalls !== undefined) violations.add(`${field}.parallel_tool_calls`, description);
    return undefined;
  }
  const parsed = parseTools({ field: `${field}.tools`, tools }, limits, violations);
  const choice = parseToolChoice({ field: `${field}.tool_choice`, choice: toolChoice, tools }, violations);
  return Object.freeze({ tools: parsed, choice, parallel: parallelToolCalls });
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

/** Parses the tools that the model may call. The result is empty if there are too many. */
function parseTools(
  { field, tools }: { field: string; tools: readonly ToolMessage[] },
  limits: Limits,
  violations: Violations,
): readonly Tool[] {
  if (tools.length > limits.tools) {
    violations.add(field, `has ${tools.length} tools; at most ${limits.tools}`);
    return [];
  }
  const names = new Set<string>();
  return Object.freeze(
    tools.map((tool, index) => {
      const path = `${field}[${index}]`;
      const { name, description = "" } = tool;
      const parameters = objectText(tool.parameters, { empty: NO_PARAMETERS });
      checkName(`${path}.name`, { name, names }, violations);
      checkParameters(`${path}.parameters`, { parameters, limits }, violations);
      return Object.freeze({ name: name ?? "", description, parameters });
    }),
  );
}

function checkName(
  field: string,
  { name, names }: { name: string | undefined; names: Set<string> },
  violations: Violations,
): void {
  if (name === undefined) {
    violations.add(field, "is missing");
    return;
  }
  const shown = JSON.stringify(wellFormedText(name, MAX_NAME_TEXT_BYTES));
  if (!NAME_PATTERN.test(name)) violations.add(field, `is ${shown}; it must be 1 to 128 letters, digits and _ - . / :`);
  else if (names.has(name)) violations.add(field, `is ${shown}, the name of another tool`);
  names.add(name);
}

function checkParameters(
  field: string,
  { parameters, limits }: { parameters: string; limits: Limits },
  violations: Violations,
): void {
  const bytes = Buffer.byteLength(parameters);
  if (bytes > limits.schemaBytes) {
    violations.add(field, `has ${bytes} bytes; at most ${limits.schemaBytes}`);
    return;
  }
  const type = parseJsonObject(field, parameters, violations)?.type;
  const isOfObject = type === undefined || type === "object" || (Array.isArray(type) && type.includes("object"));
  if (!isOfObject) violations.add(field, 'is not the schema of an object: "type" differs');
}

/** Parses whether and which of the given tools the model calls. */
function parseToolChoice(
  { field, choice, tools }: { field: string; choice: ToolChoiceMessage | undefined; tools: readonly ToolMessage[] },
  violations: Violations,
): ToolChoice {
  if (choice === undefined) return AUTO;
  switch (choice.choice?.$case) {
    case "mode":
      return parseMode(`${field}.mode`, choice.choice.value, violations);
    case "tool": {
      const name = choice.choice.value;
      if (!tools.some((tool) => tool.name === name)) {
        const shown = JSON.stringify(wellFormedText(name, MAX_NAME_TEXT_BYTES));
        violations.add(`${field}.tool`, `is ${shown}, which is no name of a tool`);
      }
      return { type: "named", name };
    }
    case undefined:
      violations.add(field, "is empty: one of mode and tool is required");
      return AUTO;
  }
}

function parseMode(field: string, mode: ToolChoiceMode, violations: Violations): ToolChoice {
  switch (mode) {
    case ToolChoiceMode.AUTO:
      return AUTO;
    case ToolChoiceMode.NONE:
      return { type: "none" };
    case ToolChoiceMode.REQUIRED:
      return { type: "required" };
    default:
      // An unknown number has the type of a known one.
      violations.add(field, `is ${mode}, which is no mode`);
      return AUTO;
  }
}
