import assert from "node:assert/strict";
import { GenerationError } from "../../../src/core/generation-error.js";
import { turnRefusal } from "../../../src/generation/turn/read-turn-input.js";

function refusal(field: string, description: string): GenerationError {
  return new GenerationError("INVALID_REQUEST", `${field}: ${description}`, { violations: [{ field, description }] });
}

describe("turnRefusal", () => {
  const cases = [
    ["chat.tools[1].parameters", "at /chat.id: no", "turn.tools[1].parameters: at /chat.id: no"],
    ["chat.messages", "chat.messages is not taken", "turn.messages: chat.messages is not taken"],
    ["chat.messages[3].content", "quotes chat.tools", "turn.messages[1].content: quotes chat.tools"],
    ["reasoning.enabled", "in chat.messages", "reasoning.enabled: in chat.messages"],
    ["chat.messages[0].role", "x", "turn.session_id: of the session's messages, one is refused: x"],
  ] as const;

  for (const [field, description, expected] of cases) {
    it(`says of ${field} in a conversation with a history: ${expected}`, () => {
      const told = turnRefusal(refusal(field, description), 2);
      assert.ok(told instanceof GenerationError);
      assert.equal(told.message, expected);
      assert.deepEqual(
        told.violations.map((violation) => `${violation.field}: ${violation.description}`),
        [expected],
      );
    });
  }

  it("keeps a text that is not the violation's own, and what is no refusal of fields", () => {
    const description = "the input has 9 tokens and chat.messages";
    const violations = [{ field: "chat.messages", description }];
    const long = turnRefusal(new GenerationError("INPUT_TOO_LONG", description, { violations }), 0);
    assert.ok(long instanceof GenerationError);
    assert.deepEqual([long.message, long.violations[0]?.field], [description, "turn.messages"]);
    const other = new Error("chat.messages");
    assert.equal(turnRefusal(other, 0), other);
  });
});
