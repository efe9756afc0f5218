import assert from "node:assert/strict";
import { trimmedText } from "../../../src/cli/generate/generation-notes.js";

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
