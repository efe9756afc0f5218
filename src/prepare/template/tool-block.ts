import { hermes } from "./families/hermes.js";
import { writeCalls } from "./written-calls.js";
import type { CallSyntax } from "../../core/call-syntax.js";
import type { Message, Tool, ToolCall } from "../../core/conversation.js";

const EXAMPLE: ToolCall = { id: "", name: "FUNCTION", arguments: '{"PARAMETER": "VALUE"}' };

/** The template hides what is written here. JSON between tags is not parsed, so no error names the field. */
const AS_IT_IS = { hide: (text: string): string => text, field: "chat.messages" };

/**
 * Describes tools as text, for templates without support for them. Equal tools have equal texts, so that the beginning of a conversation stays the same from
 * turn to turn. The text contains the parameters byte for byte.
 * @param syntax the syntax of calls in a template that shows calls and results but no tools. Default: the template shows none of them.
 */
export function toolBlock(tools: readonly Tool[], syntax?: CallSyntax): string {
  const lines = tools.map(
    ({ name, description, parameters }) =>
      `{"name": ${JSON.stringify(name)}, "description": ${JSON.stringify(description)}, "parameters": ${parameters}}`,
  );
  const how =
    syntax === undefined
      ? [
          "To call a function, write its name and its arguments as JSON between these tags, one pair of tags for each call:",
          writeGenericCalls([EXAMPLE]),
          "Then stop. The results come between <tool_response> and </tool_response>. Where no function helps, just answer.",
        ]
      : [
          "To call a function, write its name and its arguments in exactly this form:",
          writeCalls([EXAMPLE], syntax, AS_IT_IS),
          "Then stop. The results come next. Where no function helps, just answer.",
        ];
  return [
    "# Tools",
    "",
    "You can call these functions; each line describes one, with the JSON Schema of its parameters:",
    ...lines,
    "",
    ...how,
  ].join("\n");
}

interface BlockOptions {
  /** The description of the tools, if there are any. */
  readonly block: string | undefined;
  /** The message that carries the block: the system message at the beginning, or the first user message. */
  readonly carrier: "system" | "user";
  /** The template's own text for a conversation without a system message, which follows the block. */
  readonly defaultSystem: string;
}

/**
 * Turns calls and results into plain messages. Calls become text of their assistant message, adjacent results become one user message, and the block comes
 * first.
 */
export function withoutToolRoles(messages: readonly Message[], options: BlockOptions): Message[] {
  const plain: Message[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role !== "tool") plain.push(withWrittenCalls(message));
    else if (messages[index - 1]?.role !== "tool") plain.push({ role: "user", content: writeResults(messages, index) });
  }
  return withBlock(plain, options);
}

/**
 * Puts the description of the tools at the beginning of the conversation.
 * @param options the options of `withoutToolRoles`
 */
export function withBlock(messages: readonly Message[], { block, carrier, defaultSystem }: BlockOptions): Message[] {
  if (block === undefined) return [...messages];
  if (carrier === "user") return putFirst(messages, "user", block);
  if (messages[0]?.role === "system" || defaultSystem === "") return putFirst(messages, "system", block);
  return [{ role: "system", content: `${block}\n\n${defaultSystem}` }, ...messages];
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
  return writeCalls(calls, hermes.syntaxes.tool_call, AS_IT_IS);
}

/** The results from the message `start` up to the next message that is not a result. */
function writeResults(messages: readonly Message[], start: number): string {
  const after = messages.findIndex(({ role }, index) => index > start && role !== "tool");
  return messages
    .slice(start, after < 0 ? undefined : after)
    .map(({ content }) => `<tool_response>\n${content}\n</tool_response>`)
    .join("\n");
}
