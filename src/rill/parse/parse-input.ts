import {
  type Chat,
  type Message as MessageMessage,
  Role as RoleMessage,
} from "../../../generated/rill/v1/conversation.js";
import type { GenerateRequest } from "../../../generated/rill/v1/generation_service.js";
import type { TokenIds } from "../../../generated/rill/v1/token_ids.js";
import {
  ContextPolicy as ContextPolicyMessage,
  type TurnInput as TurnInputMessage,
} from "../../../generated/rill/v1/turn_input.js";
import type { Message, Role, ToolCall } from "../../core/conversation.js";
import type { Violations } from "../../core/generation-error.js";
import type { ContextPolicy, GenerationInput, TurnInput } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { checkCallIds, refuseCallsAtEnd } from "../../generation/call/tool-call-ids.js";
import { parseChatOptions } from "./parse-chat-options.js";
import { objectText, parseId, parseJsonObject, parseRevision, parseTokenIds } from "./parse-field.js";
import type { ToolCall as ToolCallMessage } from "../../../generated/rill/v1/tool.js";

/** The fields that GenerateRequest and CountTokensRequest share. `parseInputOrTurn` also takes a `turn`. */
interface InputFields {
  readonly input?:
    | { readonly $case: "prompt"; readonly value: string }
    | { readonly $case: "chat"; readonly value: Chat }
    | { readonly $case: "tokenIds"; readonly value: TokenIds }
    | undefined;
  readonly parseControlTokens?: boolean | undefined;
}

interface InputBounds {
  readonly vocabularySize: number;
  readonly limits: Limits;
  /** The kinds of input that the request may have, for the error text. */
  readonly kinds: string;
}

/** Parses the input of a generation, which may also be a turn of a session. */
export function parseInputOrTurn(
  message: Pick<GenerateRequest, "input" | "parseControlTokens">,
  { limits, vocabularySize }: Omit<InputBounds, "kinds">,
  violations: Violations,
): GenerationInput | TurnInput {
  const { input, parseControlTokens } = message;
  if (input?.$case !== "turn") {
    const bounds = { vocabularySize, limits, kinds: "prompt, chat, token_ids and turn" };
    return parseInput({ input, parseControlTokens }, bounds, violations);
  }
  requireNoControlTokens(parseControlTokens, violations);
  return parseTurnInput(input.value, limits, violations);
}

/** Parses the input of the model. It is an empty prompt if there is a violation. */
export function parseInput(fields: InputFields, bounds: InputBounds, violations: Violations): GenerationInput {
  const { input } = fields;
  if (input?.$case !== "prompt") requireNoControlTokens(fields.parseControlTokens, violations);
  switch (input?.$case) {
    case "prompt":
      if (input.value === "") violations.add("prompt", "is empty");
      return { type: "prompt", text: input.value, parseControlTokens: fields.parseControlTokens ?? false };
    case "chat":
      return parseChat(input.value, bounds.limits, violations);
    case "tokenIds": {
      const list = { field: "token_ids.ids", ids: input.value.ids, vocabularySize: bounds.vocabularySize };
      if (list.ids.length === 0) violations.add(list.field, "is empty");
      return { type: "token_ids", tokenIds: parseTokenIds(list, violations) };
    }
    case undefined:
      violations.add("input", `is missing: one of ${bounds.kinds} is required`);
      return { type: "prompt", text: "", parseControlTokens: false };
  }
}

function parseChat(chat: Chat, limits: Limits, violations: Violations): GenerationInput {
  const list = {
    field: "chat.messages",
    messages: parseMessages({ field: "chat.messages", messages: chat.messages }, limits, violations),
  };
  checkCallIds(list, violations);
  refuseCallsAtEnd(list, violations);
  return { type: "chat", messages: list.messages, ...parseChatOptions(chat, { field: "chat", limits }, violations) };
}

/** Parses a turn. Whether results belong to calls of the session is checked once its history is loaded. */
function parseTurnInput(message: TurnInputMessage, limits: Limits, violations: Violations): TurnInput {
  const { sessionId, expectedRevision, continueAnswer: continues = false, waitIfBusy = false } = message;
  if (sessionId === undefined) violations.add("turn.session_id", "is missing");
  if (continues && message.messages.length > 0) {
    violations.add("turn.messages", "is not valid with continue_answer, which takes no new messages");
  }
  return {
    type: "turn",
    sessionId: parseId({ field: "turn.session_id", value: sessionId }, limits, violations) ?? "",
    expectedRevision: parseRevision({ field: "turn.expected_revision", value: expectedRevision }, violations),
    messages: continues ? [] : parseNewMessages(message, limits, violations),
    continues,
    waitsIfBusy: waitIfBusy,
    contextPolicy: parsePolicy(message.contextPolicy, violations),
    ...parseChatOptions(message, { field: "turn", limits }, violations),
  };
}

function parseNewMessages({ messages }: TurnInputMessage, limits: Limits, violations: Violations): readonly Message[] {
  const field = "turn.messages";
  const parsed = parseMessages({ field, messages }, limits, violations);
  refuseCallsAtEnd({ field, messages: parsed }, violations);
  return parsed;
}

function parsePolicy(policy: ContextPolicyMessage | undefined, violations: Violations): ContextPolicy {
  switch (policy) {
    case undefined:
    case ContextPolicyMessage.REFUSE:
      return "refuse";
    case ContextPolicyMessage.DROP_OLDEST_TURNS:
      return "drop_oldest_turns";
    default:
      // An unknown number has the type of a known one.
      violations.add("turn.context_policy", `is ${policy}, which is no policy`);
      return "refuse";
  }
}

/** Refuses parse_control_tokens with inputs whose text never becomes control tokens. */
function requireNoControlTokens(parseControlTokens: boolean | undefined, violations: Violations): void {
  if (parseControlTokens !== undefined) violations.add("parse_control_tokens", "is valid only with a prompt");
}

const MAX_TOOL_NAME_BYTES = 128;
/** The longest id of a call in a history. Gateways keep what other models signed in it, some KB in LiteLLM's ids of Gemini's calls. */
const MAX_CALL_ID_BYTES = 16 * 1024;

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
  if (content === undefined && toolCalls.length === 0 && message.role !== RoleMessage.TOOL)
    violations.add(`${path}.content`, "is missing");
  const role = parseRole(message.role, `${path}.role`, violations);
  if (role !== "assistant") {
    if (reasoning !== undefined) violations.add(`${path}.reasoning`, "is valid only with ROLE_ASSISTANT");
    if (toolCalls.length > 0) violations.add(`${path}.tool_calls`, "is valid only with ROLE_ASSISTANT");
  }
  if (role !== "tool" && toolCallId !== undefined)
    violations.add(`${path}.tool_call_id`, "is valid only with ROLE_TOOL");
  if (role === "tool" && toolCallId === undefined) violations.add(`${path}.tool_call_id`, "is missing");
  const callId = parseCallId(`${path}.tool_call_id`, toolCallId, violations);
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
    const args = objectText(text, { empty: "{}" });
    parseJsonObject(`${path}.arguments`, args, violations);
    const nameBytes = Buffer.byteLength(name ?? "a");
    if (nameBytes < 1 || nameBytes > MAX_TOOL_NAME_BYTES) {
      violations.add(`${path}.name`, `has ${nameBytes} bytes; it must have 1 to ${MAX_TOOL_NAME_BYTES}`);
    }
    return Object.freeze({
      id: parseCallId(`${path}.id`, id, violations) ?? "",
      name: name ?? "",
      arguments: args,
    });
  });
}

function parseCallId(field: string, value: string | undefined, violations: Violations): string | undefined {
  const bytes = Buffer.byteLength(value ?? "a");
  if (bytes < 1 || bytes > MAX_CALL_ID_BYTES) {
    violations.add(field, `has ${bytes} bytes; it must have 1 to ${MAX_CALL_ID_BYTES}`);
  }
  return value;
}
