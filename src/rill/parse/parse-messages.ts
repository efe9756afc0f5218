import { type Message as MessageMessage, Role as RoleMessage } from "../../../generated/rill/v1/conversation.js";
import type { ToolCall as ToolCallMessage } from "../../../generated/rill/v1/tool.js";
import type { Message, Role, ToolCall } from "../../core/conversation.js";
import type { Violations } from "../../core/generation-error.js";
import type { Limits } from "../../core/limits.js";
import { parseId, parseJsonObject } from "./parse-field.js";

const MAX_TOOL_NAME_BYTES = 64;

/**
 * Parses a list of at least one message. The result is empty if there are too many or none. `checkCallIds` checks which calls the results belong to.
 */
export function parseMessages(
  { field, messages }: { field: string; messages: readonly MessageMessage[] },
  limits: Limits,
  violations: Violations,
): readonly Message[] {
  if (messages.length === 0 || messages.length > limits.messages) {
    violations.add(field, `has ${messages.length} messages; it must have 1 to ${limits.messages}`);
    return [];
  }
  return messages.map((message, index) => parseMessage(message, { path: `${field}[${index}]`, limits }, violations));
}

function parseMessage(
  message: MessageMessage,
  { path, limits }: { path: string; limits: Limits },
  violations: Violations,
): Message {
  const { content, reasoning, toolCalls, toolCallId } = message;
  if (content === undefined && toolCalls.length === 0) violations.add(`${path}.content`, "is missing");
  const role = parseRole(message.role, `${path}.role`, violations);
  if (role !== "assistant") {
    if (reasoning !== undefined) violations.add(`${path}.reasoning`, "is valid only with ROLE_ASSISTANT");
    if (toolCalls.length > 0) violations.add(`${path}.tool_calls`, "is valid only with ROLE_ASSISTANT");
  }
  if (role !== "tool" && toolCallId !== undefined)
    violations.add(`${path}.tool_call_id`, "is valid only with ROLE_TOOL");
  if (role === "tool" && toolCallId === undefined) violations.add(`${path}.tool_call_id`, "is missing");
  const callId = parseId({ field: `${path}.tool_call_id`, value: toolCallId }, limits, violations);
  const calls = parseToolCalls({ field: `${path}.tool_calls`, toolCalls }, limits, violations);
  return Object.freeze({
    role,
    content: content ?? "",
    ...(reasoning === undefined || reasoning === "" ? {} : { reasoning }),
    ...(calls.length === 0 ? {} : { toolCalls: calls }),
    ...(role !== "tool" || callId === undefined ? {} : { toolCallId: callId }),
  });
}

function parseRole(role: RoleMessage | undefined, field: string, violations: Violations): Role {
  switch (role) {
    case RoleMessage.SYSTEM:
      return "system";
    case RoleMessage.USER:
      return "user";
    case RoleMessage.ASSISTANT:
      return "assistant";
    case RoleMessage.TOOL:
      return "tool";
    default:
      // An unknown number has the type of a known one.
      violations.add(field, role === undefined ? "is missing" : `is ${role}, which is no role`);
      return "user";
  }
}

/** Parses the tool calls of one message. The result is empty if there are too many. */
function parseToolCalls(
  { field, toolCalls }: { field: string; toolCalls: readonly ToolCallMessage[] },
  limits: Limits,
  violations: Violations,
): readonly ToolCall[] {
  if (toolCalls.length > limits.toolCalls) {
    violations.add(field, `has ${toolCalls.length} calls; at most ${limits.toolCalls}`);
    return [];
  }
  return toolCalls.map((call, index) => {
    const path = `${field}[${index}]`;
    const { id, name, arguments: text } = call;
    if (id === undefined) violations.add(`${path}.id`, "is missing");
    if (name === undefined) violations.add(`${path}.name`, "is missing");
    if (text === undefined) violations.add(`${path}.arguments`, "is missing");
    else parseJsonObject(`${path}.arguments`, text, violations);
    const nameBytes = Buffer.byteLength(name ?? "a");
    if (nameBytes < 1 || nameBytes > MAX_TOOL_NAME_BYTES) {
      violations.add(`${path}.name`, `has ${nameBytes} bytes; it must have 1 to ${MAX_TOOL_NAME_BYTES}`);
    }
    return Object.freeze({
      id: parseId({ field: `${path}.id`, value: id }, limits, violations) ?? "",
      name: name ?? "",
      arguments: text ?? "",
    });
  });
}
