import type { Message, Tool, ToolUse } from "../../../src/core/conversation.js";
import type { ChatRequest } from "../../../src/prepare/template/chat-template.js";
import { assistant, system, user } from "../../prepare/conversation.js";

/** Words of a conversation, each of which a caller wrote. */
export interface Words {
  readonly system: string;
  readonly question: string;
  readonly reasoning: string;
  readonly said: string;
  readonly result: string;
  readonly answer: string;
  readonly description: string;
  readonly value: string;
  /** The name of a parameter. */
  readonly key: string;
}

export const PLAIN_WORDS: Words = {
  system: "Be brief.",
  question: "Which is warmer, Paris or Rome?",
  reasoning: "I need both.",
  said: "Let me look.",
  result: "21 degrees",
  answer: "Rome.",
  description: "Tells the weather of a city.",
  value: "Paris",
  key: "city",
};

function toolsOf({ description, value, key }: Words): ToolUse {
  const parameters = {
    type: "object",
    properties: {
      [key]: { type: "string", description, enum: [value, "Rome"] },
      days: { type: "integer", minimum: 1 },
    },
    required: [key],
  };
  const tools: readonly Tool[] = [
    { name: "get_weather", description, parameters: JSON.stringify(parameters) },
    { name: "get_time", description: "", parameters: '{"type": "object", "properties": {}}' },
  ];
  return { tools, choice: { type: "auto" }, parallel: true };
}

/** A question, two calls, their results. */
function calls(words: Words): Message[] {
  const call = (id: string, city: string): { id: string; name: string; arguments: string } => ({
    id,
    name: "get_weather",
    arguments: `{${JSON.stringify(words.key)}: ${JSON.stringify(city)}, "days": 1}`,
  });
  return [
    user(words.question),
    {
      ...assistant(words.said),
      reasoning: words.reasoning,
      toolCalls: [call("call_1", words.value), call("call_2", "Rome")],
    },
    { role: "tool", content: words.result, toolCallId: "call_1" },
    { role: "tool", content: "24 degrees", toolCallId: "call_2" },
  ];
}

/** Every part of a conversation that a caller writes, from the words. */
export function wholeConversation(words: Words, { withSystem }: { withSystem: boolean }): ChatRequest {
  const thought: Message = { ...assistant(words.answer), reasoning: words.reasoning };
  return {
    messages: [...(withSystem ? [system(words.system)] : []), ...calls(words), thought, user(words.question)],
    tools: toolsOf(words),
  };
}

const question = user(PLAIN_WORDS.question);
const tools = toolsOf(PLAIN_WORDS);

/** What each family's golden prompts show, in order. */
export const SCENES: readonly (readonly [string, ChatRequest])[] = [
  ["a question", { messages: [question] }],
  ["a system message", { messages: [system(PLAIN_WORDS.system), question] }],
  ["an answer that is gone on with", { messages: [question, assistant("Rome is")] }],
  ["tools", { messages: [question], tools }],
  ["tools and a system message", { messages: [system(PLAIN_WORDS.system), question], tools }],
  ["tools of which none may be called", { messages: [question], tools: { ...tools, choice: { type: "none" } } }],
  ["results of calls", { messages: calls(PLAIN_WORDS), tools }],
  ["calls in the past", wholeConversation(PLAIN_WORDS, { withSystem: false })],
  ["calls in the past, and no tools", { ...wholeConversation(PLAIN_WORDS, { withSystem: false }), tools: undefined }],
  ["reasoning", { messages: [question], reasoning: true }],
  ["no reasoning", { messages: [question], reasoning: false }],
  ["reasoning, then an answer of a given shape", { messages: [question], reasoning: true, constrained: "answer" }],
  ["an answer of a given shape", { messages: [question], constrained: "answer" }],
];
