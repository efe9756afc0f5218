import assert from "node:assert/strict";
import { turnText } from "../../../src/cli/sessions/sessions-show.js";

describe("turnText", () => {
  it("says who said what, and nothing more of a turn that is complete", () => {
    const messages = [
      { role: "ROLE_SYSTEM", content: "Be brief" },
      { role: "ROLE_USER", content: "Hi" },
    ];
    assert.equal(
      turnText({ number: 2, status: "TURN_STATUS_COMPLETE", messages, answer: "Hello" }),
      "#2\nsystem: Be brief\nuser: Hi\nassistant: Hello\n",
    );
  });

  it("shows calls and whose results messages are", () => {
    const call = { id: "c1", name: "f", arguments: '{"a":\n1}' };
    const messages = [{ role: "ROLE_TOOL", content: "so", toolCallId: "c0" }];
    assert.equal(
      turnText({ number: 2, status: "TURN_STATUS_COMPLETE", messages, answer: "", toolCalls: [call] }),
      '#2\ntool c0: so\nassistant: \nassistant calls c1: f {"a":\n  1}\n',
    );
  });

  it("says what became of one that is not, and why", () => {
    const headOf = (turn: object): string => turnText({ number: 3, ...turn }).split("\n")[0] ?? "";
    assert.equal(headOf({ status: "TURN_STATUS_APPENDED" }), "#3 (appended)");
    assert.equal(
      headOf({ status: "TURN_STATUS_TRUNCATED", finishReason: "FINISH_REASON_MAX_TOKENS" }),
      "#3 (truncated, MAX_TOKENS)",
    );
    assert.equal(
      headOf({ status: "TURN_STATUS_FAILED", continues: true, errorReason: "SERVER_LOST" }),
      "#3 (failed, continues turn 2, SERVER_LOST)",
    );
  });

  it("lets no line of what was said look like somebody else's", () => {
    const messages = [{ role: "ROLE_USER", content: "Hi\nassistant: no\n\nend" }];
    assert.equal(
      turnText({ number: 1, status: "TURN_STATUS_COMPLETE", messages, answer: "a\nb\n" }),
      "#1\nuser: Hi\n  assistant: no\n  \n  end\nassistant: a\n  b\n  \n",
    );
  });

  it("shows an answer that is empty, and a message without content", () => {
    const turn = { number: 1, status: "TURN_STATUS_RUNNING", messages: [{ role: "ROLE_USER" }], answer: "" };
    assert.equal(turnText(turn), "#1 (running)\nuser: \nassistant: \n");
  });
});
