import assert from "node:assert/strict";
import { Role } from "../../generated/rill/v1/conversation.js";
import { ToolChoiceMode } from "../../generated/rill/v1/tool.js";
import { ContextPolicy } from "../../generated/rill/v1/turn_input.js";
import { chatOf, said } from "../support/said.js";
import { generationRequest, refusalOf } from "../support/test-client.js";
import { userSays } from "./turn-request.js";
import { atMost, scene } from "./turn-scene.js";

const TOOLS = [{ name: "find", description: "x".repeat(200) }];
const HELLO = [said(Role.USER, "Hello")];

describe("An input that is too long", function () {
  this.timeout(20_000);

  it("is refused with the tokens of its tools named, whether they leave no room for it or none for the output", async () => {
    await scene({ engine: { contextTokens: 512 } }, async ({ client, turn }) => {
      const large = { tools: [{ name: "find", description: "x".repeat(3_000) }] };
      const chat = (fields: object) => generationRequest({ input: { $case: "chat", value: chatOf(HELLO, fields) } });
      const refusals = [
        await refusalOf(client.generate(chat(large))),
        await refusalOf(client.generate({ ...chat({ tools: TOOLS }), ...atMost(400) })),
        await refusalOf(client.generate(turn({ messages: [userSays("Hello")], ...large }))),
        await refusalOf(client.generate(turn({ messages: [userSays("Hello")], tools: TOOLS }, atMost(400)))),
        await refusalOf(
          client.generate(
            turn({ ...large, contextPolicy: ContextPolicy.DROP_OLDEST_TURNS, messages: [userSays("?")] }),
          ),
        ),
      ];
      for (const { reason, text, facts, descriptions } of refusals) {
        assert.equal(reason, "INPUT_TOO_LONG");
        const tools = Number(facts.tool_tokens);
        assert.ok(tools > 200, text);
        assert.match(text, new RegExp(`; the tools take (at least )?${tools} tokens of the input$`));
        for (const description of descriptions) assert.ok(description.endsWith(text), description);
      }
    });
  });

  it("is refused without them where the prompt shows none", async () => {
    await scene({ engine: { contextTokens: 128 } }, async ({ client }) => {
      const long = [said(Role.USER, "word ".repeat(200))];
      const none = { tools: TOOLS, toolChoice: { choice: { $case: "mode", value: ToolChoiceMode.NONE } as const } };
      for (const value of [chatOf(long), chatOf(long, none)]) {
        const { reason, text, facts } = await refusalOf(
          client.generate(generationRequest({ input: { $case: "chat", value } })),
        );
        assert.equal(reason, "INPUT_TOO_LONG");
        assert.equal(facts.tool_tokens, undefined);
        assert.doesNotMatch(text, /tools/);
      }
    });
  });
});
