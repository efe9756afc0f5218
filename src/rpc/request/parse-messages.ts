import { type Message as MessageMessage, Role as RoleMessage } from "../../../generated/rill/v1/conversation.js";
import type { Message, Role } from "../../core/conversation.js";
import type { Violations } from "./violations.js";

/** A list of at least one message; an empty one where there are too many or too few. */
export function parseMessages(
  { field, messages, maxMessages }: { field: string; messages: readonly MessageMessage[]; maxMessages: number },
  violations: Violations,
): readonly Message[] {
  if (messages.length === 0 || messages.length > maxMessages) {
    violations.add(field, `has ${messages.length} messages; it must have 1 to ${maxMessages}`);
    return [];
  }
  return messages.map(({ role, content }, index) => {
    const path = `${field}[${index}]`;
    if (content === undefined) violations.add(`${path}.content`, "is missing");
    return Object.freeze({ role: parseRole(role, `${path}.role`, violations), content: content ?? "" });
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
    default:
      // An unknown number arrives typed as a known one.
      violations.add(field, role === undefined ? "is missing" : `is ${role}, which is no role`);
      return "user";
  }
}
