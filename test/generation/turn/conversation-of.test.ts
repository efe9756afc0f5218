import assert from "node:assert/strict";
import { conversationOf, type ReadTurn } from "../../../src/generation/turn/conversation-of.js";

const turn = (given: Partial<ReadTurn>): ReadTurn => ({
  status: "complete",
  messages: [],
  continues: false,
  answer: "",
  ...given,
});
const CALL = { id: "c", name: "f", arguments: "{}" };
const asked = turn({
  messages: [{ role: "user", content: "why?" }],
  answer: "let me look",
  reasoning: "hm",
  toolCalls: [CALL],
});
const result = { role: "tool", content: "so", toolCallId: "c" } as const;

describe("A stored conversation", () => {
  it("has an answer's calls, and what was thought on the way to them while their results come", () => {
    assert.deepEqual(conversationOf([asked], [result]), [
      { role: "user", content: "why?" },
      { role: "assistant", content: "let me look", toolCalls: [CALL], reasoning: "hm" },
      result,
    ]);
  });

  it("leaves out what was thought before the user spoke last", () => {
    const answered = turn({ messages: [result], answer: "because", reasoning: "aha" });
    const question = { role: "user", content: "and?" } as const;
    assert.deepEqual(conversationOf([asked, answered], [question]), [
      { role: "user", content: "why?" },
      { role: "assistant", content: "let me look", toolCalls: [CALL] },
      result,
      { role: "assistant", content: "because" },
      question,
    ]);
  });

  it("makes one message of an answer and what goes on with it, its thinking and its calls included", () => {
    const cut = turn({
      status: "truncated",
      messages: [{ role: "user", content: "why?" }],
      answer: "be",
      reasoning: "hm",
    });
    const rest = turn({ continues: true, answer: "cause", toolCalls: [CALL] });
    assert.deepEqual(conversationOf([cut, rest], [result]), [
      { role: "user", content: "why?" },
      { role: "assistant", content: "because", toolCalls: [CALL], reasoning: "hm" },
      result,
    ]);
  });
});
