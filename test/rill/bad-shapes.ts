import { Role } from "../../generated/rill/v1/conversation.js";
import type { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { type Tool, ToolChoiceMode } from "../../generated/rill/v1/tool.js";
import { chatOf, said, toolCall } from "../support/said.js";
import { generationRequest, promptRequest } from "../support/test-client.js";
import type { BadRequest } from "./bad-sampling.js";

const NO_STOPS = { stopSequences: [], stopTokenIds: [] };
const HELLO = said(Role.USER, "Hello");
const TOOLS: Tool[] = [{ name: "f" }];
const REQUIRED = { choice: { $case: "mode", value: ToolChoiceMode.REQUIRED } } as const;

function chatRequest(
  chat: Parameters<typeof chatOf>,
  fields: Partial<GenerateStreamRequest> = {},
): GenerateStreamRequest {
  return generationRequest({ input: { $case: "chat", value: chatOf(...chat) }, ...fields });
}

const constrained = (constraint: GenerateStreamRequest["constraint"]): GenerateStreamRequest =>
  promptRequest("a", { constraint });

/** What is wrong with messages of tools, tools, and what the output is to look like. */
export const BAD_SHAPES: readonly BadRequest[] = [
  {
    name: "fields that go with other roles",
    request: chatRequest([
      [
        said(Role.USER, "a", { reasoning: "b", toolCalls: [toolCall("c", "f")], toolCallId: "d" }),
        said(Role.TOOL, "a"),
        said(Role.TOOL, "a", { toolCallId: "" }),
        HELLO,
      ],
    ]),
    fields: [
      "chat.messages[0].reasoning",
      "chat.messages[0].tool_calls",
      "chat.messages[0].tool_call_id",
      "chat.messages[1].tool_call_id",
      "chat.messages[2].tool_call_id",
    ],
  },
  {
    name: "calls without what makes one, and more than the limit",
    request: chatRequest([
      [
        said(Role.ASSISTANT, undefined, { toolCalls: [{}, { id: "", name: "", arguments: "[1]" }] }),
        said(Role.ASSISTANT, undefined, { toolCalls: [{ id: "x", name: "f", arguments: "{" }] }),
        said(Role.ASSISTANT, "", { toolCalls: Array.from({ length: 33 }, (_, index) => toolCall(`c${index}`, "f")) }),
        HELLO,
      ],
    ]),
    fields: [
      "chat.messages[0].tool_calls[0].id",
      "chat.messages[0].tool_calls[0].name",
      "chat.messages[0].tool_calls[1].arguments",
      "chat.messages[0].tool_calls[1].name",
      "chat.messages[0].tool_calls[1].id",
      "chat.messages[1].tool_calls[0].arguments",
      "chat.messages[2].tool_calls",
    ],
  },
  {
    name: "ids of calls that are too long",
    request: chatRequest([
      [
        said(Role.ASSISTANT, "", { toolCalls: [toolCall("i".repeat(16_385), "f"), toolCall("i".repeat(16_384), "f")] }),
        said(Role.TOOL, "so", { toolCallId: "i".repeat(16_385) }),
        said(Role.TOOL, "so", { toolCallId: "i".repeat(16_384) }),
        HELLO,
      ],
    ]),
    fields: ["chat.messages[0].tool_calls[0].id", "chat.messages[1].tool_call_id"],
  },
  {
    name: "results of calls that were not made before, two calls of a message with one id, and calls at the end",
    request: chatRequest([
      [
        said(Role.TOOL, "too early", { toolCallId: "a" }),
        said(Role.ASSISTANT, "", { toolCalls: [toolCall("a", "f"), toolCall("a", "f")] }),
        said(Role.TOOL, "in time", { toolCallId: "a" }),
        said(Role.ASSISTANT, "", { toolCalls: [toolCall("b", "f")] }),
      ],
    ]),
    fields: ["chat.messages[0].tool_call_id", "chat.messages[1].tool_calls[1].id", "chat.messages[3].tool_calls"],
  },
  {
    name: "tools without a name or with a bad one, with one name, or with parameters that are no object's schema",
    request: chatRequest([
      [HELLO],
      {
        tools: [
          {},
          { name: "no blanks" },
          { name: "f", parameters: "{" },
          { name: "f", parameters: "[]" },
          { name: "g", parameters: '{"type":"string"}' },
          { name: "h", parameters: JSON.stringify({ description: "x".repeat(65_536) }) },
          { name: "i".repeat(129) },
          { name: "j", parameters: '{"type":["string","null"]}' },
        ],
      },
    ]),
    fields: [
      "chat.tools[0].name",
      "chat.tools[1].name",
      "chat.tools[2].parameters",
      "chat.tools[3].name",
      "chat.tools[3].parameters",
      "chat.tools[4].parameters",
      "chat.tools[5].parameters",
      "chat.tools[6].name",
      "chat.tools[7].parameters",
    ],
  },
  {
    name: "more JSON values than a request may bring, in all its texts together, those in strings not counted",
    request: chatRequest([
      [
        said(Role.ASSISTANT, undefined, { toolCalls: [toolCall("a", "f", { text: "[,".repeat(40_000) })] }),
        said(Role.TOOL, "a", { toolCallId: "a" }),
        said(Role.ASSISTANT, undefined, { toolCalls: [toolCall("b", "f", { list: new Array(40_000).fill(0) })] }),
        said(Role.TOOL, "b", { toolCallId: "b" }),
        said(Role.ASSISTANT, undefined, { toolCalls: [toolCall("c", "f", { list: new Array(40_000).fill(0) })] }),
        said(Role.TOOL, "c", { toolCallId: "c" }),
        HELLO,
      ],
    ]),
    fields: ["chat.messages[4].tool_calls[0].arguments"],
  },
  {
    name: "too many tools",
    request: chatRequest([[HELLO], { tools: Array.from({ length: 257 }, (_, index) => ({ name: `f${index}` })) }]),
    fields: ["chat.tools"],
  },
  {
    name: "a choice of tools where there are none",
    request: chatRequest([[HELLO], { toolChoice: REQUIRED, parallelToolCalls: true }]),
    fields: ["chat.tool_choice", "chat.parallel_tool_calls"],
  },
  {
    name: "a choice that says nothing",
    request: chatRequest([[HELLO], { tools: TOOLS, toolChoice: {} }]),
    fields: ["chat.tool_choice"],
  },
  {
    name: "a mode that is none",
    request: chatRequest([[HELLO], { tools: TOOLS, toolChoice: { choice: { $case: "mode", value: 0 } } }]),
    fields: ["chat.tool_choice.mode"],
  },
  {
    name: "the choice of a tool that is not there",
    request: chatRequest([[HELLO], { tools: TOOLS, toolChoice: { choice: { $case: "tool", value: "g" } } }]),
    fields: ["chat.tool_choice.tool"],
  },
  ...["{", "[]", `{"a":"${"x".repeat(16_384)}"}`].map((templateArguments) => ({
    name: `template arguments such as ${templateArguments.slice(0, 4)}`,
    request: chatRequest([[HELLO], { templateArguments }]),
    fields: ["chat.template_arguments"],
  })),
  ...["", "{", "3", `{"description":"${"x".repeat(65_536)}"}`].map((value) => ({
    name: `a schema such as ${value.slice(0, 4)}`,
    request: constrained({ $case: "jsonSchema", value }),
    fields: ["json_schema"],
  })),
  { name: "no choices", request: constrained({ $case: "choices", value: { values: [] } }), fields: ["choices.values"] },
  {
    name: "too many choices",
    request: constrained({
      $case: "choices",
      value: { values: Array.from({ length: 257 }, (_, index) => `${index}`) },
    }),
    fields: ["choices.values"],
  },
  {
    name: "choices that are empty, too long or equal",
    request: constrained({ $case: "choices", value: { values: ["", "a", "x".repeat(1_025), "a"] } }),
    fields: ["choices.values[0]", "choices.values[2]", "choices.values[3]"],
  },
  {
    name: "a grammar where none is taken",
    request: constrained({ $case: "gbnf", value: 'root ::= "a"' }),
    fields: ["gbnf"],
  },
  ...["", "x".repeat(65_537)].map((value) => ({
    name: `a regular expression of ${value.length} bytes`,
    request: constrained({ $case: "regex", value }),
    fields: ["regex"],
  })),
  {
    name: "reasoning with a model that does not think aloud, and a budget of nothing",
    request: chatRequest([[HELLO]], { reasoning: { enabled: true, tokenBudget: 0 } }),
    fields: ["reasoning.token_budget", "reasoning.enabled", "reasoning.token_budget"],
  },
  {
    name: "a constraint past the end",
    request: chatRequest([[HELLO, said(Role.ASSISTANT, "so ")]], {
      constraint: { $case: "choices", value: { values: ["a"] } },
      stopping: { ...NO_STOPS, ignoreEndOfGeneration: true },
    }),
    fields: ["stopping.ignore_end_of_generation"],
  },
  {
    name: "a forced call inside an unfinished answer",
    request: chatRequest([[HELLO, said(Role.ASSISTANT, "so ")], { tools: TOOLS, toolChoice: REQUIRED }]),
    fields: ["chat.tool_choice"],
  },
];
