import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { status as Status } from "@grpc/grpc-js";
import { type Chat, Role } from "../../generated/rill/v1/conversation.js";
import { Channel } from "../../generated/rill/v1/generation_event.js";
import type { GenerateStreamRequest, GenerateStreamResponse } from "../../generated/rill/v1/generation_service.js";
import { CountTokensRequest, type CountTokensResponse } from "../../generated/rill/v1/token_service.js";
import { ToolChoiceMode } from "../../generated/rill/v1/tool.js";
import type { EngineCommand, RunSpec } from "../../src/core/engine-messages.js";
import type { GenerationInput } from "../../src/core/generation-request.js";
import type { PrepareOptions } from "../../src/prepare/preparer.js";
import { completedOf } from "../support/generation-text.js";
import { MARK, marked } from "../support/marked-output.js";
import { chatOf, said } from "../support/said.js";
import { SCRIPT } from "../support/scripted-engine.js";
import {
  answerOf,
  generationRequest,
  messageOf,
  refusalOf,
  resultOf,
  TestClient,
  tokensRequest,
} from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const NO_STOPS = { stopSequences: [], stopTokenIds: [] };
const ANSWER = marked(
  MARK.THINK,
  "hm",
  MARK.THINK,
  "é one ",
  MARK.CALL,
  '{"a":1}',
  MARK.END,
  MARK.CALL,
  '{"b":2}',
  MARK.END,
  " two",
);

/** The parts of an output, each as the line that a reader would note. */
function partsOf(messages: readonly GenerateStreamResponse[]): string[] {
  const lines: { kind: string; text: string }[] = [];
  for (const { event } of messages) {
    if (event?.$case !== "chunk" && event?.$case !== "toolCall") continue;
    const text = event.$case === "chunk" ? event.value.text : event.value.arguments;
    const kind =
      event.$case === "toolCall"
        ? `call ${event.value.index}`
        : event.value.channel === Channel.REASONING
          ? "thought"
          : "answer";
    const last = lines.at(-1);
    if (last?.kind === kind) last.text += text;
    else lines.push({ kind, text });
  }
  return lines.map(({ kind, text }) => `${kind}: ${text}`);
}

const PARTS = ["thought: hm", "answer: é one ", 'call 0: {"a":1}', 'call 1: {"b":2}', "answer:  two"];

describe("Tool calls and reasoning", function () {
  this.timeout(20_000);
  const prepared: { input: GenerationInput; options: PrepareOptions }[] = [];
  const started: RunSpec[] = [];
  let server: TestServer;
  let client: TestClient;
  let lastKey = 0;

  before(async () => {
    server = await TestServer.start({
      reasons: true,
      engine: { marks: true },
      limits: { toolCalls: 7, toolArgumentBytes: 1_000 },
      prepare: (input, options) => {
        prepared.push({ input, options });
        return Promise.resolve({
          tokens: Uint32Array.from(input.type === "token_ids" ? input.tokenIds : ANSWER),
          ...(input.type === "chat"
            ? {
                format: {
                  reasoning: undefined,
                  calls: [],
                  toolNames: [],
                  parallelCalls: true,
                  maxCalls: 1,
                  maxArgumentBytes: 1,
                },
              }
            : {}),
        });
      },
    });
    client = new TestClient(server.address);
    const send = server.engine.send.bind(server.engine);
    server.engine.send = (command: EngineCommand) => {
      if (command.type === "start") started.push(command.run);
      send(command);
    };
  });

  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  it("are events of their own, in order, with the answer's digest and their share of the usage", async () => {
    const { messages, status } = await client.stream(tokensRequest(ANSWER));
    assert.equal(status.code, Status.OK);
    assert.deepEqual(partsOf(messages), PARTS);
    const heads = messages.flatMap(({ event }) =>
      event?.$case === "toolCall" && event.value.id !== undefined ? [[event.value.id, event.value.name]] : [],
    );
    assert.deepEqual(heads, [
      ["call_0", "f"],
      ["call_1", "f"],
    ]);
    const { textSha256, usage } = completedOf(messages);
    assert.deepEqual(textSha256, createHash("sha256").update("é one  two").digest());
    assert.equal(usage?.outputTokens, ANSWER.length);
  });

  it("are fields of the unary answer, each call with its place in the text", async () => {
    const answer = await client.generate(tokensRequest(ANSWER));
    assert.deepEqual([answer.text, answer.reasoning], ["é one  two", "hm"]);
    assert.deepEqual(
      answer.toolCalls.map(({ id, name, arguments: args, textOffsetBytes }) => [id, name, args, textOffsetBytes]),
      [
        ["call_0", "f", '{"a":1}', 7],
        ["call_1", "f", '{"b":2}', 7],
      ],
    );
  });

  it("count against what a unary answer may take", async () => {
    await using small = await TestServer.start({ engine: { marks: true }, limits: { messageBytes: 1_500 } });
    using other = new TestClient(small.address);
    const stopping = { ...NO_STOPS, maxOutputTokens: 1_600 };
    const long = "x".repeat(100);
    for (const begin of [MARK.THINK, MARK.CALL]) {
      const { reason } = await refusalOf(
        other.generate(tokensRequest([SCRIPT.CYCLE, ...marked(begin, long)], { stopping })),
      );
      assert.equal(reason, "RESPONSE_TOO_LARGE");
    }
  });

  it("come again the same from a stored result and to a reader that takes over", async () => {
    const request = (ids: number[], fields: Partial<GenerateStreamRequest> = {}): GenerateStreamRequest =>
      tokensRequest(ids, { idempotencyKey: `key ${++lastKey}`, output: { tokenIds: true }, ...fields });
    const once = request(ANSWER);
    const first = await client.stream(once);
    const again = await client.stream(once);
    assert.deepEqual([partsOf(first.messages), partsOf(again.messages)], [PARTS, PARTS]);
    assert.equal(again.messages.length, 1 + PARTS.length + 1);
    assert.deepEqual((await client.generate(once)).toolCalls.length, 2);

    const stopping = { ...NO_STOPS, maxOutputTokens: 400 };
    const long = request([SCRIPT.CYCLE, ...ANSWER], { stopping });
    const stream = client.generation.generateStream(long);
    const replaced = resultOf(stream);
    await messageOf(stream, ({ event }) => event?.$case === "toolCall");
    const last = await client.stream(long);
    await replaced;
    const undisturbed = await client.stream(tokensRequest([SCRIPT.CYCLE, ...ANSWER], { stopping }));
    assert.equal(last.status.code, Status.OK);
    assert.deepEqual(partsOf(last.messages), partsOf(undisturbed.messages));
    assert.deepEqual(completedOf(last.messages).textSha256, completedOf(undisturbed.messages).textSha256);
  });

  it("are asked for with tools, a template's arguments and reasoning, which get to the prepare worker as they are", async () => {
    const tools = [{ name: "b", description: "second", parameters: '{ "type":"object" }' }, { name: "a" }];
    const messages = [
      said(Role.USER, "why?"),
      said(Role.ASSISTANT, undefined, {
        reasoning: "let me see",
        toolCalls: [{ id: "c1", name: "b", arguments: "{}" }],
      }),
      said(Role.TOOL, "so", { toolCallId: "c1" }),
    ];
    const value = chatOf(messages, {
      tools,
      toolChoice: { choice: { $case: "mode", value: ToolChoiceMode.REQUIRED } },
      parallelToolCalls: undefined,
      templateArguments: '{"x":1}',
    });
    prepared.length = started.length = 0;
    await client.generate(
      generationRequest({ input: { $case: "chat", value }, reasoning: { enabled: true, tokenBudget: 5 } }),
    );
    assert.deepEqual(prepared[0]?.input, {
      type: "chat",
      messages: [
        { role: "user", content: "why?" },
        {
          role: "assistant",
          content: "",
          reasoning: "let me see",
          toolCalls: [{ id: "c1", name: "b", arguments: "{}" }],
        },
        { role: "tool", content: "so", toolCallId: "c1" },
      ],
      tools: {
        tools: [
          { name: "b", description: "second", parameters: '{ "type":"object" }' },
          { name: "a", description: "", parameters: '{"type":"object","properties":{}}' },
        ],
        choice: { type: "required" },
        parallel: undefined,
      },
      templateArguments: '{"x":1}',
    });
    assert.equal(prepared[0].options.reasoning, true);
    const [run] = started;
    assert.equal(run?.reasoningBudgetTokens, 5);
    assert.deepEqual([run.format?.maxCalls, run.format?.maxArgumentBytes], [7, 1_000]);
  });

  it("have no arguments and tools no parameters where a client writes nothing, an empty text or null", async () => {
    for (const nothing of [undefined, "", "  ", "null", " null\n"]) {
      const calling = { id: "c1", name: "b", ...(nothing === undefined ? {} : { arguments: nothing }) };
      const messages = [
        said(Role.ASSISTANT, undefined, { toolCalls: [calling] }),
        said(Role.TOOL, undefined, { toolCallId: "c1" }),
      ];
      const value = chatOf(messages, {
        tools: [{ name: "b", ...(nothing === undefined ? {} : { parameters: nothing }) }],
      });
      prepared.length = 0;
      await client.generate(generationRequest({ input: { $case: "chat", value } }));
      const input = prepared[0]?.input;
      assert.ok(input?.type === "chat");
      assert.deepEqual(input.messages[0]?.toolCalls, [{ id: "c1", name: "b", arguments: "{}" }]);
      assert.deepEqual(input.messages[1], { role: "tool", content: "", toolCallId: "c1" });
      assert.equal(input.tools?.tools[0]?.parameters, '{"type":"object","properties":{}}');
    }
  });

  it("take names of up to 128 characters with slashes and colons", async () => {
    const name = `a/b:${"c".repeat(124)}`;
    const choice = { choice: { $case: "tool" as const, value: name } };
    const messages = [
      said(Role.ASSISTANT, undefined, { toolCalls: [{ id: "c1", name }] }),
      said(Role.TOOL, "x", { toolCallId: "c1" }),
    ];
    prepared.length = 0;
    const value = chatOf(messages, { tools: [{ name }], toolChoice: choice });
    await client.generate(generationRequest({ input: { $case: "chat", value } }));
    const input = prepared[0]?.input;
    assert.ok(input?.type === "chat");
    assert.deepEqual([input.messages[0]?.toolCalls?.[0]?.name, input.tools?.tools[0]?.name], [name, name]);
    assert.deepEqual(input.tools?.choice, { type: "named", name });
  });

  it("are asked for with a constraint, of each kind that there is", async () => {
    const kinds = [
      [
        { $case: "jsonSchema", value: "{}" },
        { type: "json_schema", schema: "{}" },
      ],
      [{ $case: "jsonObject", value: {} }, { type: "json_object" }],
      [
        { $case: "choices", value: { values: ["a", "b"] } },
        { type: "choices", choices: ["a", "b"] },
      ],
    ] as const;
    for (const [constraint, expected] of kinds) {
      prepared.length = 0;
      await client.generate(tokensRequest([65], { constraint: structuredClone(constraint) as never }));
      assert.deepEqual(prepared[0]?.options.constraint, expected);
    }
  });

  it("are counted with a chat by CountTokens, and refused by it in the same words", async () => {
    const count = (value: Chat): Promise<CountTokensResponse> =>
      answerOf((settle) =>
        client.tokens.countTokens(
          { ...CountTokensRequest.decode(new Uint8Array()), input: { $case: "chat", value } },
          settle,
        ),
      );
    prepared.length = 0;
    const { inputTokens } = await count(chatOf([said(Role.USER, "why?")], { tools: [{ name: "f" }] }));
    assert.equal(inputTokens, ANSWER.length);
    const [asked] = prepared;
    assert.ok(asked?.input.type === "chat");
    assert.deepEqual(
      asked.input.tools?.tools.map(({ name }) => name),
      ["f"],
    );
    const refused = await refusalOf(count(chatOf([said(Role.TOOL, "so", { toolCallId: "c" })], { tools: [{}] })));
    assert.deepEqual(refused.fields, ["chat.messages[0].tool_call_id", "chat.tools[0].name"]);
  });
});
