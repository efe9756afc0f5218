import { createHash } from "node:crypto";
import type { Message, ToolCall, ToolUse } from "../../core/conversation.js";
import type { ChatRequest } from "./chat-template.js";
import { writtenNames } from "./written-names.js";

/** A conversation in the form that every template takes. */
export interface WrittenChat {
  readonly chat: ChatRequest;
  /** The caller's names of the tools that the prompt calls by another, by that other. undefined: every tool has its own name in the prompt. */
  readonly ownNames: ReadonlyMap<string, string> | undefined;
}

/**
 * Brings the tools, calls and results of any client into the form that templates take. Every call has an id of its own, and a result has that of the nearest
 * call before it. The results of a message's calls come in the order of the calls. Names are those that models write. Messages keep their number and place,
 * apart from the results of one message among themselves, and a conversation that needs no change is returned as it is.
 */
export function writeChat(chat: ChatRequest): WrittenChat {
  const { messages, tools } = chat;
  const called = messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ name }) => name));
  if (tools === undefined && called.length === 0) return { chat, ownNames: undefined };
  const written = writtenNames({ tools: tools?.tools.map(({ name }) => name) ?? [], called });
  const writtenOf = (name: string): string => written.get(name) ?? name;
  const renamed = tools?.tools.filter(({ name }) => writtenOf(name) !== name) ?? [];
  return {
    chat: {
      ...chat,
      messages: orderResults(nameCalls(separateCalls(messages), writtenOf)),
      ...(tools === undefined || renamed.length === 0 ? {} : { tools: nameTools(tools, writtenOf) }),
    },
    ownNames: renamed.length === 0 ? undefined : new Map(renamed.map(({ name }) => [writtenOf(name), name])),
  };
}

function nameTools({ tools, choice, parallel }: ToolUse, writtenOf: (name: string) => string): ToolUse {
  return {
    tools: tools.map((tool) => ({ ...tool, name: writtenOf(tool.name) })),
    choice: choice.type === "named" ? { type: "named", name: writtenOf(choice.name) } : choice,
    parallel,
  };
}

function nameCalls(messages: readonly Message[], writtenOf: (name: string) => string): readonly Message[] {
  return messages.map((message) => {
    const { toolCalls } = message;
    if (toolCalls === undefined || toolCalls.every(({ name }) => writtenOf(name) === name)) return message;
    return { ...message, toolCalls: toolCalls.map((call) => ({ ...call, name: writtenOf(call.name) })) };
  });
}

/** Gives a call whose id is long or an earlier call's another id, and the results after it too. Ids depend on earlier messages only. */
function separateCalls(messages: readonly Message[]): readonly Message[] {
  const taken = new Set<string>();
  /** The id in force of the newest call with an id of the caller's, and how often that id was there. */
  const newest = new Map<string, { readonly id: string; readonly count: number }>();
  const separate = (call: ToolCall): ToolCall => {
    const short = shortId(call.id);
    let count = (newest.get(call.id)?.count ?? 0) + 1;
    while (taken.has(numbered(short, count))) count++;
    const id = numbered(short, count);
    taken.add(id);
    newest.set(call.id, { id, count });
    return id === call.id ? call : { ...call, id };
  };
  return messages.map((message) => {
    const { toolCalls, toolCallId } = message;
    if (toolCalls !== undefined) return { ...message, toolCalls: toolCalls.map(separate) };
    const id = toolCallId === undefined ? undefined : newest.get(toolCallId)?.id;
    return id === undefined || id === toolCallId ? message : { ...message, toolCallId: id };
  });
}

/** The longest id that a template gets. The prompt of a longer one would be mostly id. */
const MAX_ID_CHARACTERS = 128;

function shortId(id: string): string {
  if (id.length <= MAX_ID_CHARACTERS) return id;
  return `call_${createHash("sha256").update(id).digest("hex").slice(0, 24)}`;
}

function numbered(id: string, count: number): string {
  return count === 1 ? id : `${id}_${count}`;
}

/** Puts the results after a message with calls into the order of its calls. The results of other calls follow. */
function orderResults(messages: readonly Message[]): readonly Message[] {
  const ordered: Message[] = [];
  for (let start = 0; start < messages.length;) {
    const place = new Map(messages[start - 1]?.toolCalls?.map(({ id }, position) => [id, position]));
    const placeOf = ({ toolCallId = "" }: Message): number => place.get(toolCallId) ?? place.size;
    let end = start;
    while (messages[end]?.role === "tool") end++;
    ordered.push(...messages.slice(start, end).toSorted((a, b) => placeOf(a) - placeOf(b)));
    ordered.push(...messages.slice(end, end + 1));
    start = end + 1;
  }
  return ordered;
}
