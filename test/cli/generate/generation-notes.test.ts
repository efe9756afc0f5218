import assert from "node:assert/strict";
import { summarize, trimmedText, unheldText } from "../../../src/cli/generate/generation-notes.js";

describe("trimmedText", () => {
  it("says how many turns the model does not see, and how many it does", () => {
    assert.equal(
      trimmedText({ droppedTurns: 3, keptTurns: 5 }),
      "the session is longer than the context: the model does not see the oldest 3 turns of it (it sees 5)",
    );
    // What is zero is not in the JSON of a message.
    assert.match(trimmedText({ droppedTurns: 1 }), /does not see the oldest turn of it \(it sees 0\)$/);
  });
});

describe("unheldText", () => {
  it("names field, position and reason of each keyword, and the number of those beyond eight", () => {
    const keyword = { field: "json_schema", pointer: "/properties/a\n/format", description: "is unknown" };
    const lines = unheldText(Array.from({ length: 10 }, () => keyword));
    assert.equal(lines.length, 9);
    assert.equal(lines[0], "not held: json_schema at /properties/a?/format: is unknown");
    assert.equal(lines[8], "not held: 2 more");
    assert.deepEqual(unheldText([{ field: "chat.tools[0].parameters", description: "is any object" }]), [
      "not held: chat.tools[0].parameters: is any object",
    ]);
  });
});

describe("summarize", () => {
  it("says tokens, speed, time to the first one and the reason", () => {
    const usage = { inputTokens: 12, reusedInputTokens: 8, outputTokens: 42 };
    const timings = { decode: "1.050s", timeToFirstToken: "0.118372988s" };
    assert.equal(
      summarize({ finishReason: "FINISH_REASON_END_OF_TURN", usage, timings }),
      "12 tokens in (8 reused), 42 tokens out, 40.0 tok/s, first token after 118 ms, END_OF_TURN",
    );
  });

  it("leaves out what there was not", () => {
    const end = { finishReason: "FINISH_REASON_MAX_TOKENS", usage: { inputTokens: 1 }, timings: { decode: "0s" } };
    assert.equal(summarize(end), "1 token in, 0 tokens out, MAX_TOKENS");
  });

  it("rounds large numbers", () => {
    const end = { usage: { outputTokens: 1_000 }, timings: { decode: "2s", timeToFirstToken: "12.34s" } };
    assert.equal(
      summarize({ ...end, finishReason: "FINISH_REASON_STOP_TOKEN" }),
      "0 tokens in, 1000 tokens out, 500 tok/s, first token after 12.3 s, STOP_TOKEN",
    );
  });

  it("names the turn that it added to a session, the revision since then, and how many turns the model did not see", () => {
    const end = { finishReason: "FINISH_REASON_MAX_TOKENS", turn: { number: 3 }, sessionRevision: 7 };
    assert.equal(summarize(end), "0 tokens in, 0 tokens out, MAX_TOKENS, turn 3, revision 7");
    const [one, two] = [1, 2].map((droppedTurns) => summarize({ ...end, contextTrimmed: { droppedTurns } }));
    assert.match(one ?? "", /, turn 3, revision 7, 1 turn dropped$/);
    assert.match(two ?? "", /, revision 7, 2 turns dropped$/);
  });
});
