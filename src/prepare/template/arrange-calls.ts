import type { Message } from "../../core/conversation.js";

/** How many things one message of an assistant may be at once. */
export interface CallArrangement {
  /** True: a message has one call, followed by its result. */
  readonly callsApart: boolean;
  /** True: what an assistant says before it calls is a message of its own. */
  readonly textApart: boolean;
}

/** The same conversation with messages that call taken apart, for templates that would leave something out of them, or refuse them. */
export function arrangeCalls(messages: readonly Message[], { callsApart, textApart }: CallArrangement): Message[] {
  const arranged: Message[] = [];
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index];
    if (message === undefined) break;
    if (message.toolCalls === undefined) {
      arranged.push(message);
      continue;
    }
    const { content, ...calling } = message;
    const isApart = textApart && content !== "";
    if (isApart) arranged.push({ role: "assistant", content });
    const caller = isApart ? { ...calling, content: "" } : message;
    const results = resultsAfter(messages, index);
    index += results.length;
    if (callsApart) arranged.push(...takeApart(caller, results));
    else arranged.push(caller, ...results);
  }
  return arranged;
}

function resultsAfter(messages: readonly Message[], index: number): readonly Message[] {
  const end = messages.findIndex(({ role }, place) => place > index && role !== "tool");
  return messages.slice(index + 1, end < 0 ? undefined : end);
}

/** Each call with its results; reasoning and text stay with the first. */
function takeApart(caller: Message, results: readonly Message[]): Message[] {
  const calls = caller.toolCalls ?? [];
  const known = new Set(calls.map(({ id }) => id));
  const isStray = ({ toolCallId = "" }: Message): boolean => !known.has(toolCallId);
  return [
    ...calls.flatMap((call, index): Message[] => [
      index === 0 ? { ...caller, toolCalls: [call] } : { role: "assistant", content: "", toolCalls: [call] },
      ...results.filter(({ toolCallId }) => toolCallId === call.id),
    ]),
    ...results.filter(isStray),
  ];
}
