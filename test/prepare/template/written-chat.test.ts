import assert from "node:assert/strict";
import fc from "fast-check";
import type { Message, ToolUse } from "../../../src/core/conversation.js";
import { writeChat } from "../../../src/prepare/template/written-chat.js";
import { assistant, user } from "../conversation.js";

const calling = (...calls: readonly (readonly [id: string, name: string])[]): Message => ({
  ...assistant(""),
  toolCalls: calls.map(([id, name]) => ({ id, name, arguments: "{}" })),
});
const result = (toolCallId: string, content: string): Message => ({ role: "tool", content, toolCallId });
const written = (messages: readonly Message[]): readonly Message[] => writeChat({ messages }).chat.messages;
const tools = (names: readonly string[], choice: ToolUse["choice"] = { type: "auto" }): ToolUse => ({
  tools: names.map((name) => ({ name, description: "", parameters: "{}" })),
  choice,
  parallel: true,
});
/** Each call and result as `id`, in order. */
const idsOf = (messages: readonly Message[]): string[] =>
  messages.flatMap(({ toolCalls = [], toolCallId }) => [
    ...toolCalls.map(({ id }) => id),
    ...(toolCallId === undefined ? [] : [`= ${toolCallId}`]),
  ]);

describe("a written chat", () => {
  it("is the caller's where neither tools nor calls are in it", () => {
    const chat = { messages: [user("a"), assistant("b"), user("c")] };
    assert.equal(writeChat(chat).chat, chat);
  });

  it("gives a call whose id was there before another one, and its result too", () => {
    const again = [user("?"), calling(["call_0", "f"]), result("call_0", "x"), assistant("so")];
    assert.deepEqual(idsOf(written([...again, ...again, ...again])), [
      ...["call_0", "= call_0"],
      ...["call_0_2", "= call_0_2"],
      ...["call_0_3", "= call_0_3"],
    ]);
    const taken = [calling(["a_2", "f"]), calling(["a", "f"]), calling(["a", "f"]), result("a", "x")];
    assert.deepEqual(idsOf(written(taken)), ["a_2", "a", "a_3", "= a_3"]);
  });

  it("gives a call whose id is long a short one, and its result too, however alike such ids begin", () => {
    const [one, other] = ["a", "b"].map((end) => `call_1__thought__${"x".repeat(12_000)}${end}`);
    assert.ok(one !== undefined && other !== undefined);
    const messages = [calling([one, "f"], [other, "f"]), result(other, "2"), result(one, "1")];
    const ids = idsOf(written([...messages, ...messages]));
    assert.deepEqual(new Set(ids).size, 8);
    assert.ok(
      ids.every((id) => id.length < 40 && /^(= )?call_[0-9a-f]{24}(_2)?$/.test(id)),
      ids.join(),
    );
    assert.deepEqual(
      ids.slice(2, 4),
      ids.slice(0, 2).map((id) => `= ${id}`),
    );
    assert.deepEqual(idsOf(written(messages)), ids.slice(0, 4));
    assert.deepEqual(idsOf(written([calling(["i".repeat(128), "f"])])), ["i".repeat(128)]);
  });

  it("puts the results of a message's calls into the order of the calls", () => {
    const messages = written([calling(["a", "f"], ["b", "g"]), result("b", "2"), result("a", "1"), user("?")]);
    assert.deepEqual(
      messages.map(({ content }) => content),
      ["", "1", "2", "?"],
    );
    const stray = written([calling(["z", "f"]), calling(["a", "f"]), result("z", "0"), result("a", "1")]);
    assert.deepEqual(idsOf(stray), ["z", "a", "= a", "= z"]);
  });

  it("names tools and calls as models do, and tells the caller's names of the tools", () => {
    const messages = [user("?"), calling(["a", "git/log"], ["b", "old/one"]), result("a", "x")];
    const { chat, ownNames } = writeChat({
      messages,
      tools: tools(["git/log", "plain"], { type: "named", name: "git/log" }),
    });
    const named = [chat.tools?.tools ?? [], chat.messages[1]?.toolCalls ?? []];
    assert.deepEqual(
      named.map((list) => list.map(({ name }) => name)),
      [
        ["git_log", "plain"],
        ["git_log", "old_one"],
      ],
    );
    assert.deepEqual(chat.tools?.choice, { type: "named", name: "git_log" });
    assert.deepEqual([...(ownNames ?? [])], [["git_log", "git/log"]]);
    assert.equal(writeChat({ messages: [user("?")], tools: tools(["plain"]) }).ownNames, undefined);
  });

  it("gives each result to the nearest call before it, whatever ids the caller uses", () => {
    const id = fc.constantFrom("a", "a_2", "b");
    const message = fc.oneof(
      fc
        .uniqueArray(id, { minLength: 1, maxLength: 3 })
        .map((ids) => calling(...ids.map((one) => [one, "f"] as const))),
      id.map((one) => result(one, "")),
      fc.constant(user("?")),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (drawn) => {
        // The content is the place of the call that the result is for.
        const latest = new Map<string, number>();
        let place = 0;
        const messages = drawn.map((one) => {
          for (const { id: callId } of one.toolCalls ?? []) latest.set(callId, place++);
          return one.toolCallId === undefined ? one : { ...one, content: String(latest.get(one.toolCallId)) };
        });
        const calls = new Map<string, number>();
        const texts: string[] = [];
        for (const { toolCalls = [], toolCallId, content } of written(messages)) {
          for (const call of toolCalls) {
            assert.ok(!calls.has(call.id));
            calls.set(call.id, calls.size);
          }
          if (toolCallId === undefined || content === "undefined") continue;
          assert.equal(String(calls.get(toolCallId)), content);
          texts.push(content);
        }
        assert.equal(
          texts.length,
          messages.filter(({ role, content }) => role === "tool" && content !== "undefined").length,
        );
      }),
    );
  });
});
