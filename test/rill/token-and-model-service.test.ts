import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { type Chat, Role } from "../../generated/rill/v1/conversation.js";
import type { GenerateRequest } from "../../generated/rill/v1/generation_service.js";
import { ToolChoiceMode } from "../../generated/rill/v1/tool.js";
import { Capability, ChatTemplateSource } from "../../generated/rill/v1/model.js";
import type { GetModelResponse } from "../../generated/rill/v1/model_service.js";
import {
  CountTokensRequest,
  type CountTokensResponse,
  type DetokenizeResponse,
  type TokenizeResponse,
} from "../../generated/rill/v1/token_service.js";
import type { GenerationInput } from "../../src/core/generation-request.js";
import { answerOf, generationRequest, promptRequest, refusalOf, TestClient } from "../support/test-client.js";
import { serveSuite } from "../support/suite-server.js";
import { TestServer } from "../support/test-server.js";
import { TURN_END_TOKEN } from "../support/tiny-vocabulary.js";
import { chatOf, said } from "../support/said.js";

describe("The token and model services", () => {
  const suite = serveSuite();

  const count = (fields: Partial<CountTokensRequest>): Promise<CountTokensResponse> =>
    answerOf((settle) =>
      suite.client.tokens.countTokens({ ...CountTokensRequest.decode(new Uint8Array()), ...fields }, settle),
    );

  it("turn text to tokens and back", async () => {
    const text = "Hello world, grüße 🌊";
    const { tokenIds } = await answerOf<TokenizeResponse>((settle) => suite.client.tokens.tokenize({ text }, settle));
    const back = await answerOf<DetokenizeResponse>((settle) => suite.client.tokens.detokenize({ tokenIds }, settle));
    assert.equal(back.text, text);
    const event = (await suite.client.stream(promptRequest(text))).messages[0]?.event;
    assert.ok(event?.$case === "accepted");
    assert.equal(event.value.inputTokens, tokenIds.length);
  });

  it("read control tokens only when they are told to", async () => {
    const tokenize = (parseControlTokens: boolean): Promise<TokenizeResponse> =>
      answerOf((settle) => suite.client.tokens.tokenize({ text: "<|im_end|>", parseControlTokens }, settle));
    assert.ok(!(await tokenize(false)).tokenIds.includes(TURN_END_TOKEN));
    assert.deepEqual((await tokenize(true)).tokenIds, [TURN_END_TOKEN]);
  });

  it("count a prompt and a chat as Generate reads them, and say whether they fit", async () => {
    const chat = chatOf([said(Role.USER, "Hello")]);
    for (const input of [{ $case: "prompt", value: "Hello world" } as const, { $case: "chat", value: chat } as const]) {
      const counted = await count({ input, maxOutputTokens: 7 });
      const { usage } = await suite.client.generate(generationRequest({ input }));
      assert.equal(counted.inputTokens, usage?.inputTokens);
      assert.equal(counted.contextTokens, 2_048);
      assert.deepEqual([counted.availableOutputTokens, counted.fits], [2_048 - counted.inputTokens, true]);
    }
    const input = { $case: "prompt", value: "a".repeat(2_041) } as const;
    assert.equal((await count({ input, maxOutputTokens: 7 })).fits, true);
    assert.equal((await count({ input, maxOutputTokens: 8 })).fits, false);
  });

  it("count what the tools of a chat take apart, and nothing where the prompt shows none", async () => {
    const messages = [said(Role.USER, "Hello")];
    const toolsOf = (description: string, mode: ToolChoiceMode) => ({
      tools: [{ name: "f", description }],
      toolChoice: { choice: { $case: "mode", value: mode } as const },
    });
    const of = (chat: Chat): Promise<CountTokensResponse> => count({ input: { $case: "chat", value: chat } });
    const plain = await of(chatOf(messages));
    const shown = await of(chatOf(messages, toolsOf("x".repeat(3_000), ToolChoiceMode.AUTO)));
    const hidden = await of(chatOf(messages, toolsOf("x".repeat(3_000), ToolChoiceMode.NONE)));
    assert.equal(shown.toolTokens, shown.inputTokens - plain.inputTokens);
    assert.ok(shown.toolTokens > 3_000);
    assert.deepEqual([plain.toolTokens, hidden.toolTokens], [0, 0]);
  });

  it("count what is too long for the context, too", async () => {
    const counted = await count({ input: { $case: "prompt", value: "a".repeat(5_000) } });
    assert.deepEqual([counted.inputTokens, counted.availableOutputTokens, counted.fits], [5_000, 0, false]);
  });

  it("describe the model, in the words that expected_model takes", async () => {
    const { model } = await answerOf<GetModelResponse>((settle) => suite.client.model.getModel({}, settle));
    assert.ok(model !== undefined);
    assert.deepEqual([model.contextTokens, model.trainingContextTokens, model.sizeBytes], [2_048, 2_048, 600_000]);
    assert.deepEqual([model.chatTemplate?.source, model.chatTemplate?.problem], [ChatTemplateSource.MODEL, ""]);
    const { PROMPT, CHAT, TOKEN_IDS, TURN, TOOLS, CONSTRAINTS, TEMPLATE_ARGUMENTS } = Capability;
    assert.deepEqual(model.capabilities, [PROMPT, CHAT, TOKEN_IDS, TURN, TOOLS, CONSTRAINTS, TEMPLATE_ARGUMENTS]);
    for (const expectedModel of [model.name, model.digest]) {
      assert.equal((await suite.client.generate(promptRequest("a", { expectedModel }))).modelDigest, model.digest);
    }
  });

  it("say why the template in the model's file is not used", async () => {
    await using other = await TestServer.start({ templateProblem: "line 3: no" });
    using caller = new TestClient(other.address);
    const { model } = await answerOf<GetModelResponse>((settle) => caller.model.getModel({}, settle));
    assert.equal(model?.chatTemplate?.problem, "line 3: no");
  });

  it("list of what is taken under conditions just what Generate takes", async () => {
    const prepare = (input: GenerationInput) =>
      Promise.resolve({ tokens: Uint32Array.from(input.type === "token_ids" ? input.tokenIds : [65]) });
    for (const [given, has] of [
      [{ reasons: true, limits: { gbnfBytes: 100 } }, true],
      [{ reasons: false, limits: { gbnfBytes: 0, tools: 0 } }, false],
    ] as const) {
      await using other = await TestServer.start({ ...given, prepare });
      using caller = new TestClient(other.address);
      const { model } = await answerOf<GetModelResponse>((settle) => caller.model.getModel({}, settle));
      const chat = (fields: Partial<Chat>): GenerateRequest["input"] => ({
        $case: "chat",
        value: chatOf([said(Role.USER, "Hello")], fields),
      });
      const requests: [Capability, Partial<GenerateRequest>][] = [
        [Capability.TOOLS, { input: chat({ tools: [{ name: "f" }] }) }],
        [Capability.REASONING, { input: chat({}), reasoning: { enabled: true } }],
        [Capability.REASONING, { input: chat({}), reasoning: { tokenBudget: 3 } }],
        [Capability.GBNF, { input: chat({}), constraint: { $case: "gbnf", value: 'root ::= "a"' } }],
      ];
      for (const [capability, request] of requests) {
        assert.equal(model?.capabilities.includes(capability), has);
        const answer = caller.generate(generationRequest(request));
        if (has) await answer;
        else assert.equal((await refusalOf(answer)).code, Status.INVALID_ARGUMENT);
      }
    }
  });
});
