import type { Message } from "../../core/conversation.js";

/** The contents that a template accepts in one assistant message. */
export interface CallArrangement {
  /** Whether each call needs a message of its own, followed by its result. */
  readonly callsApart: boolean;
  /** Whether the text before the calls needs a message of its own. */
  readonly textApart: boolean;
}

/** Splits messages with calls, for a template that would reject them or drop a part of them. */
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
    if (callsApart) arranged.push(...splitCalls(caller, results));
    else arranged.push(caller, ...results);
  }
  return arranged;
}

function resultsAfter(messages: readonly Message[], index: number): readonly Message[] {
  const end = messages.findIndex(({ role }, other) => other > index && role !== "tool");
  return messages.slice(index + 1, end < 0 ? undefined : end);
}

/** Gives each call a message, followed by its results. Reasoning and text stay with the first call. */
function splitCalls(caller: Message, results: readonly Message[]): Message[] {
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
