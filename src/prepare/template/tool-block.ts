import { callSyntaxes } from "./call-syntaxes.js";
import type { Message } from "../../core/conversation.js";
import type { Tool, ToolCall } from "../../core/tool.js";
import { writeCalls } from "./write-calls.js";

/**
 * Tools as text, for templates that have no place for them. The same tools come to the same text, so the beginning of a conversation stays as it is from turn
 * to turn. Parameters stand there byte for byte.
 */
export function toolBlock(tools: readonly Tool[]): string {
  const lines = tools.map(
    ({ name, description, parameters }) =>
      `{"name": ${JSON.stringify(name)}, "description": ${JSON.stringify(description)}, "parameters": ${parameters}}`,
  );
  return [
    "# Tools",
    "",
    "You can call these functions; each line describes one, with the JSON Schema of its parameters:",
    ...lines,
    "",
    "To call a function, write its name and its arguments as JSON between these tags, one pair of tags for each call:",
    writeGenericCalls([{ id: "", name: "FUNCTION", arguments: '{"PARAMETER": "VALUE"}' }]),
    "Then stop. The results come between <tool_response> and </tool_response>. Where no function helps, just answer.",
  ].join("\n");
}

/**
 * The conversation without tools in it: calls are text of their assistant's message, results that follow each other are one message of the user's, and the
 * block stands first.
 * @param options.block undefined: nothing is said of tools
 * @param options.place where the block goes: into the system message that begins the conversation, or into the first message of the user
 * @param options.defaultSystem what the template says where the caller brings no system message; the block does not take its place
 */
export function withoutToolRoles(
  messages: readonly Message[],
  options: { block: string | undefined; place: "system" | "user"; defaultSystem: string },
): Message[] {
  const plain: Message[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role !== "tool") plain.push(withWrittenCalls(message));
    else if (messages[index - 1]?.role !== "tool") plain.push({ role: "user", content: writeResults(messages, index) });
  }
  const { block } = options;
  if (block === undefined) return plain;
  if (options.place === "user") return putFirst(plain, "user", block);
  const { defaultSystem } = options;
  if (plain[0]?.role === "system" || defaultSystem === "") return putFirst(plain, "system", block);
  return [{ role: "system", content: `${block}\n\n${defaultSystem}` }, ...plain];
}

/** Puts the block before the first message of the role; of a system message only where it begins the conversation. */
function putFirst(messages: readonly Message[], role: "system" | "user", block: string): Message[] {
  const index = messages.findIndex((message) => message.role === role);
  const message = messages[index];
  if (message === undefined || (role === "system" && index > 0)) return [{ role, content: block }, ...messages];
  return messages.with(index, { ...message, content: `${block}\n\n${message.content}` });
}

function withWrittenCalls({ toolCalls, ...message }: Message): Message {
  if (toolCalls === undefined) return message;
  const parts = message.content === "" ? [] : [message.content];
  return { ...message, content: [...parts, writeGenericCalls(toolCalls)].join("\n") };
}

function writeGenericCalls(calls: readonly ToolCall[]): string {
  return writeCalls(calls, callSyntaxes.tool_call, (text) => text);
}

/** The results from one message on, up to the next that is none. */
function writeResults(messages: readonly Message[], start: number): string {
  const after = messages.findIndex(({ role }, index) => index > start && role !== "tool");
  return messages
    .slice(start, after < 0 ? undefined : after)
    .map(({ content }) => `<tool_response>\n${content}\n</tool_response>`)
    .join("\n");
}
