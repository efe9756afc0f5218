import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { Role } from "../../generated/rill/v1/conversation.js";
import { FinishReason } from "../../generated/rill/v1/finish.js";
import { CancelMode, type GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { TurnStatus } from "../../generated/rill/v1/session.js";
import type { GenerationInput } from "../../src/core/generation-request.js";
import { generationWhen } from "../support/load-watch.js";
import { GenerationState } from "../../generated/rill/v1/generation_state.js";
import { MARK, marked } from "../support/marked-output.js";
import { said, toolCall } from "../support/said.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { refusalOf } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";
import { userSays } from "./turn-request.js";
import { atMost, onServer } from "./turn-scene.js";

const CALLING = marked(MARK.THINK, "hm", MARK.THINK, "look ", MARK.CALL, '{"a":1}', MARK.END);
const TOOLS = [{ name: "f" }];

describe("A turn that calls tools", function () {
  this.timeout(20_000);
  let read: GenerationInput[] = [];
  let says = CALLING;
  let server: TestServer;

  before(async () => {
    server = await TestServer.start({
      engine: { marks: true },
      prepare: (input) => {
        read.push(input);
        return Promise.resolve({ tokens: Uint32Array.from(says) });
      },
    });
  });

  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  beforeEach(() => {
    read = [];
    says = CALLING;
  });

  it("stores its calls and its thinking, and takes their results as the messages of the next one", async () => {
    await onServer(server, async ({ client, sessions, session, turn }) => {
      await client.generate(turn({ tools: TOOLS }));
      const [stored] = await sessions.turns(session.sessionId);
      assert.deepEqual([stored?.answer, stored?.reasoning], ["look ", "hm"]);
      assert.deepEqual(stored?.toolCalls, [toolCall("call_0", "f", { a: 1 })]);
      says = marked("because");
      const messages = [said(Role.TOOL, "so", { toolCallId: "call_0" })];
      await client.generate(turn({ messages, tools: TOOLS }));
      const conversation = read[1]?.type === "chat" ? read[1].messages : [];
      assert.deepEqual(conversation, [
        { role: "user", content: "Hello" },
        {
          role: "assistant",
          content: "look ",
          toolCalls: [{ id: "call_0", name: "f", arguments: '{"a":1}' }],
          reasoning: "hm",
        },
        { role: "tool", content: "so", toolCallId: "call_0" },
      ]);
      assert.deepEqual((await sessions.turns(session.sessionId))[1]?.messages, messages);
      assert.ok(read[1]?.type === "chat" && read[1].tools?.tools.length === 1);
    });
  });

  it("is refused a result of no call, and two calls with one id in a message", async () => {
    await onServer(server, async ({ client, sessions, session, turn }) => {
      const { sessionId } = session;
      await client.generate(turn({ tools: TOOLS }));
      const messages = [
        said(Role.TOOL, "so", { toolCallId: "none" }),
        said(Role.ASSISTANT, "", { toolCalls: [toolCall("a", "f"), toolCall("a", "f")] }),
        userSays("?"),
      ];
      const fields = ["messages[0].tool_call_id", "messages[1].tool_calls[1].id"];
      const turned = await refusalOf(client.generate(turn({ messages })));
      assert.deepEqual([turned.code, turned.fields], [Status.INVALID_ARGUMENT, fields.map((field) => `turn.${field}`)]);
      const appended = await refusalOf(sessions.append({ sessionId, messages }));
      assert.deepEqual([appended.code, appended.fields], [Status.INVALID_ARGUMENT, fields]);
      const created = await refusalOf(sessions.create({ messages: messages.slice(0, 1) }));
      assert.deepEqual([created.code, created.fields], [Status.INVALID_ARGUMENT, fields.slice(0, 1)]);
      assert.equal((await sessions.get(sessionId)).turns, 1);
      const known = await sessions.append({ sessionId, messages: [said(Role.TOOL, "so", { toolCallId: "call_0" })] });
      assert.equal(known.turns, 2);
    });
  });

  it("may use an id again that an earlier turn used, for the nearest call before each result", async () => {
    await onServer(server, async ({ client, sessions, session, turn }) => {
      const { sessionId } = session;
      await client.generate(turn({ tools: TOOLS }));
      says = marked("because");
      const again = [
        said(Role.TOOL, "first", { toolCallId: "call_0" }),
        said(Role.ASSISTANT, "", { toolCalls: [toolCall("call_0", "f")] }),
        said(Role.TOOL, "second", { toolCallId: "call_0" }),
      ];
      assert.equal((await sessions.append({ sessionId, messages: again })).turns, 2);
      await client.generate(turn({ messages: again, tools: TOOLS }));
      const last = read.at(-1);
      assert.equal(last?.type === "chat" ? last.messages.length : 0, 2 + 2 * again.length);
    });
  });

  it("stores whole calls alone where a limit cuts its output off", async () => {
    await onServer(server, async ({ client, sessions, session, turn }) => {
      says = marked("a", MARK.CALL, '{"a":1}', MARK.END, MARK.CALL, '{"b":2}', MARK.END);
      const answer = await client.generate(turn({ tools: TOOLS }, atMost(15)));
      assert.deepEqual(
        answer.toolCalls.map((call) => call.arguments),
        ['{"a":1}', '{"b"'],
      );
      assert.equal(answer.finishReason, FinishReason.MAX_TOKENS);
      const [stored] = await sessions.turns(session.sessionId);
      assert.deepEqual(
        [stored?.status, stored?.toolCalls],
        [TurnStatus.TRUNCATED, [toolCall("call_0", "f", { a: 1 })]],
      );
      const going = await refusalOf(client.generate(turn({ continueAnswer: true })));
      assert.deepEqual([going.code, going.reason], [Status.FAILED_PRECONDITION, "NOTHING_TO_CONTINUE"]);
    });
  });

  it("is repeated from its record as it was, part by part", async () => {
    await onServer(server, async ({ client, turn }) => {
      says = marked("é ", MARK.THINK, "hm", MARK.THINK, "one", MARK.CALL, '{"a":1}', MARK.END, "two");
      const request: GenerateStreamRequest = turn({}, { idempotencyKey: "key", output: { tokenIds: true } });
      const first = await client.generate(request);
      const again = await client.generate(request);
      const { usage: firstUsage, timings: _first, ...told } = first;
      const { usage: againUsage, timings: _again, ...repeated } = again;
      assert.deepEqual(repeated, told);
      assert.equal(firstUsage?.outputTokens, againUsage?.outputTokens);
      assert.deepEqual([again.text, again.reasoning, again.toolCalls[0]?.textOffsetBytes], ["é onetwo", "hm", 6]);
    });
  });

  it("is shown while it runs, with what was thought so far", async () => {
    await onServer(server, async ({ client, sessions, session, turn }) => {
      says = [SCRIPT.CYCLE, ...marked(MARK.THINK, "hm ")];
      const stream = client.generation.generateStream(turn({}, atMost(2_000)));
      stream.on("error", () => undefined).pause();
      const running = await generationWhen(client, ({ state }) => state === GenerationState.PARKED);
      const [shown] = await sessions.turns(session.sessionId);
      assert.equal(shown?.status, TurnStatus.RUNNING);
      assert.match(shown.reasoning ?? "", /^hm /);
      await client.cancel({
        target: { $case: "generationId", value: running.generationId },
        mode: CancelMode.IMMEDIATE,
      });
    });
  });
});
