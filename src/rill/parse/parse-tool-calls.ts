import type { ToolCall as ToolCallMessage } from "../../../generated/rill/v1/tool.js";
import type { Limits } from "../../core/limits.js";
import type { ToolCall } from "../../core/tool.js";
import { parseJsonObject } from "./json-field.js";
import { parseId } from "./parse-identity.js";
import type { Violations } from "../../core/violations.js";

/** Of a name. */
const MAX_NAME_BYTES = 64;

/** The calls of one message; none where there are too many. */
export function parseToolCalls(
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
    if (nameBytes < 1 || nameBytes > MAX_NAME_BYTES) {
      violations.add(`${path}.name`, `has ${nameBytes} bytes; it must have 1 to ${MAX_NAME_BYTES}`);
    }
    return Object.freeze({
      id: parseId({ field: `${path}.id`, value: id }, limits, violations) ?? "",
      name: name ?? "",
      arguments: text ?? "",
    });
  });
}
