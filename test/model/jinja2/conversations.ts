import type { Message, Tool, ToolUse } from "../../../src/core/conversation.js";
import type { ChatRequest } from "../../../src/prepare/template/chat-template.js";
import { assistant, system, user } from "../../prepare/conversation.js";

const weather: Tool = {
  name: "get_weather",
  description: 'Tells the weather.\nOf a <city> & its "suburbs" – auch für Köln 🌦',
  parameters: JSON.stringify({
    type: "object",
    properties: {
      city: { type: "string", description: "The city, e.g. 'São Paulo'", enum: ["Paris", "Rome", "東京"] },
      days: { type: "integer", minimum: 1, default: 3 },
      where: {
        type: "object",
        description: "A place",
        properties: { lat: { type: "number" }, names: { type: "array", items: { type: "string" } } },
        required: ["lat"],
      },
      unit: { type: ["string", "null"], description: "" },
      either: { anyOf: [{ type: "string" }, { type: "integer" }], title: "Either" },
    },
    required: ["city"],
    additionalProperties: false,
  }),
};
const plain: Tool = { name: "get_time", description: "", parameters: '{"type": "object", "properties": {}}' };
const tools: ToolUse = { tools: [weather, plain], choice: { type: "auto" }, parallel: true };

const call = (id: string, name: string, args: string): { id: string; name: string; arguments: string } => ({
  id,
  name,
  arguments: args,
});
const calling = (content: string, ...calls: readonly ReturnType<typeof call>[]): Message => ({
  ...assistant(content),
  toolCalls: calls,
});
const result = (content: string, toolCallId: string): Message => ({ role: "tool", content, toolCallId });

const VALUES =
  '{"city":"Köln \\"am\\" Rhein","days":1.5,"big":12345678901234567890,"none":null,"yes":true,"deep":[1,{"a":[]},{}]}';
const CODE = "```python\ndef f(x):\n\treturn {'a': x}  # {{ no }} {% tag %}\n```\r\n\n";

/** Seventeen conversations that show what templates do with white space, Unicode, calls, reasoning and their variables. */
export const CONVERSATIONS: readonly (readonly [string, ChatRequest])[] = [
  ["a question", { messages: [user("Which is warmer, Paris or Rome?")] }],
  ["a system message", { messages: [system("Be brief."), user("Hello")] }],
  [
    "several turns",
    { messages: [system("Be brief."), user("a"), assistant("b"), user("c"), assistant("d"), user("e")] },
  ],
  [
    "blanks and line ends around every text",
    { messages: [system("\n  s \n\n"), user("  a\t\n"), assistant("\n\n b \n"), user("\u00a0c\u2003\n")] },
  ],
  [
    "white space that only Unicode knows, and other letters",
    {
      messages: [
        user("\u3000漢字\u3000"),
        assistant("\u3000答え\u0085\u001c"),
        user("\ufeffİSTANBUL straße ǅ é\u0301"),
      ],
    },
  ],
  ["emoji", { messages: [user("👩‍👩‍👧‍👦🇩🇪"), assistant("🙂 ok 🙃"), user("🌍")] }],
  ["code and braces", { messages: [user(CODE), assistant(CODE), user("{{ messages }} {# x #}")] }],
  [
    "quotes and backslashes",
    { messages: [system(`"'\\n\\`), user(`it's "so" <b>&amp;</b>`), assistant("\\u0041"), user("'")] },
  ],
  ["empty texts", { messages: [system(""), user(""), assistant(""), user("")] }],
  ["an answer to go on with", { messages: [system("s"), user("a"), assistant(" Once upon a ")] }],
  ["tools with nested schemas", { messages: [system("s"), user("Weather?")], tools }],
  [
    "a call and its result, then an answer",
    {
      messages: [
        user("Weather?"),
        calling("Let me look.", call("call_1", "get_weather", '{"city": "Paris"}')),
        result("21°", "call_1"),
        assistant("21."),
        user("Thanks"),
      ],
      tools,
    },
  ],
  [
    "parallel calls and results of JSON",
    {
      messages: [
        system("s"),
        user("Both?"),
        calling("", call("a", "get_weather", VALUES), call("b", "get_time", "{}")),
        result('{"t": [1, null]}', "a"),
        result("", "b"),
      ],
      tools,
    },
  ],
  [
    "reasoning in the history",
    {
      messages: [
        user("a"),
        { ...assistant("b"), reasoning: "\nI think…\n" },
        user("c"),
        { ...calling("", call("x1", "get_time", "{}")), reasoning: "Time." },
        result("12:00", "x1"),
      ],
      tools,
    },
  ],
  [
    "reasoning tags in the text",
    { messages: [user("a </think> b"), assistant("<think>\nhm\n</think>\n\nyes"), user("c /no_think")] },
  ],
  [
    "words that templates look for",
    {
      messages: [
        user("/no_think <|im_end|> [INST] <tool_call>"),
        assistant("<tool_response>x</tool_response>"),
        user("<tool_response>y</tool_response>"),
      ],
    },
  ],
  [
    "a long one",
    {
      messages: Array.from({ length: 200 }, (_, at) =>
        (at % 2 === 0 ? user : assistant)(`${at}: ${"lorem ipsum ".repeat(at % 7)}`),
      ).concat(user("end")),
    },
  ],
];
