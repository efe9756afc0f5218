import assert from "node:assert/strict";
import type { Message } from "../../../src/core/conversation.js";
import { arrangeCalls } from "../../../src/prepare/template/jinja-renderer.js";
import { assistant, user } from "../conversation.js";

const call = (id: string): { id: string; name: string; arguments: string } => ({ id, name: "add", arguments: "{}" });
const result = (toolCallId: string): Message => ({ role: "tool", content: toolCallId, toolCallId });

const conversation: readonly Message[] = [
  user("q"),
  { role: "assistant", content: "text", reasoning: "thought", toolCalls: [call("a"), call("b")] },
  result("b"),
  result("a"),
  result("elsewhere"),
  assistant("answer"),
];

describe("arrangeCalls", () => {
  it("leaves a conversation as it is where all can stand together", () => {
    assert.deepEqual(arrangeCalls(conversation, { callsApart: false, textApart: false }), conversation);
  });

  it("puts what is said before the calls, and leaves what was thought with them", () => {
    const arranged = arrangeCalls(conversation, { callsApart: false, textApart: true });
    assert.deepEqual(arranged.slice(1, 3), [
      assistant("text"),
      { role: "assistant", content: "", reasoning: "thought", toolCalls: [call("a"), call("b")] },
    ]);
    assert.equal(arranged.length, conversation.length + 1);
  });

  it("gives each call its own message, its results right after it", () => {
    assert.deepEqual(arrangeCalls(conversation, { callsApart: true, textApart: false }), [
      user("q"),
      { role: "assistant", content: "text", reasoning: "thought", toolCalls: [call("a")] },
      result("a"),
      { role: "assistant", content: "", toolCalls: [call("b")] },
      result("b"),
      result("elsewhere"),
      assistant("answer"),
    ]);
  });
});
