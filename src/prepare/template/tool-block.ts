import { hermes } from "./families/hermes.js";
import { writeCalls } from "./written-calls.js";
import type { Message, Tool, ToolCall } from "../../core/conversation.js";

/**
 * Describes tools as text, for templates without support for them. Equal tools have equal texts, so that the beginning of a conversation stays the same from
 * turn to turn. The text contains the parameters byte for byte.
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
 * Turns calls and results into plain messages. Calls become text of their assistant message, adjacent results become one user message, and the block comes
 * first.
 * @param options.block the description of the tools, if there are any
 * @param options.carrier the message that carries the block: the system message at the beginning, or the first user message
 * @param options.defaultSystem the template's own text for a conversation without a system message, which follows the block
 */
export function withoutToolRoles(
  messages: readonly Message[],
  options: { block: string | undefined; carrier: "system" | "user"; defaultSystem: string },
): Message[] {
  const plain: Message[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role !== "tool") plain.push(withWrittenCalls(message));
    else if (messages[index - 1]?.role !== "tool") plain.push({ role: "user", content: writeResults(messages, index) });
  }
  const { block } = options;
  if (block === undefined) return plain;
  if (options.carrier === "user") return putFirst(plain, "user", block);
  const { defaultSystem } = options;
  if (plain[0]?.role === "system" || defaultSystem === "") return putFirst(plain, "system", block);
  return [{ role: "system", content: `${block}\n\n${defaultSystem}` }, ...plain];
}

/** Puts the block in front of the first message of the role. A system message counts only at the beginning of the conversation. */
function putFirst(messages: readonly Message[], role: "system" | "user", block: string): Message[] {
  const index = messages.findIndex((message) => message.role === role);
  const message = messages[index];
  if (message === undefined || (role === "system" && index > 0)) return [{ role, content: block }, ...messages];
  return messages.with(index, { ...message, content: `${block}\n\n${message.content}` });
}

function withWrittenCalls({ toolCalls, ...message }: Message): Message {
  if (toolCalls === undefined) return message;
  const text = message.content === "" ? [] : [message.content];
  return { ...message, content: [...text, writeGenericCalls(toolCalls)].join("\n") };
}

function writeGenericCalls(calls: readonly ToolCall[]): string {
  return writeCalls(calls, hermes.syntaxes.tool_call, (text) => text);
}

/** The results from the message `start` up to the next message that is not a result. */
function writeResults(messages: readonly Message[], start: number): string {
  const after = messages.findIndex(({ role }, index) => index > start && role !== "tool");
  return messages
    .slice(start, after < 0 ? undefined : after)
    .map(({ content }) => `<tool_response>\n${content}\n</tool_response>`)
    .join("\n");
}
