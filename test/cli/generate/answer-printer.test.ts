import assert from "node:assert/strict";
import { AnswerPrinter } from "../../../src/cli/generate/answer-printer.js";
import { pendingCallsText } from "../../../src/cli/generate/generation-notes.js";

/** What a printer puts where. */
function printing() {
  const seen = { output: "", aside: "" };
  const write = (text: string): Promise<void> => {
    seen.output += text;
    return Promise.resolve();
  };
  const startLine = (): Promise<void> =>
    seen.output === "" || seen.output.endsWith("\n") ? Promise.resolve() : write("\n");
  const printer = new AnswerPrinter({ output: { write, startLine }, aside: (text) => void (seen.aside += text) });
  return { printer, seen };
}

describe("An answer that is printed", () => {
  it("has its text as it is, each call on a line of its own, and its thinking aside", async () => {
    const { printer, seen } = printing();
    await printer.chunk({ text: "hm", channel: "CHANNEL_REASONING" });
    await printer.chunk({ text: "look", channel: "CHANNEL_ANSWER" });
    await printer.call({ id: "c1", name: "f", arguments: '{"a"' });
    await printer.call({ arguments: ":1}" });
    await printer.call({ id: "c2", name: "g" });
    await printer.call({ arguments: "{}" });
    await printer.chunk({ text: "" });
    await printer.chunk({ text: "done" });
    await printer.end();
    assert.deepEqual(seen, { output: 'look\nc1: f {"a":1}\nc2: g {}\ndone', aside: "hm" });
    assert.deepEqual(printer.message(), {
      role: "ROLE_ASSISTANT",
      content: "lookdone",
      reasoning: "hm",
      tool_calls: [
        { id: "c1", name: "f", arguments: '{"a":1}' },
        { id: "c2", name: "g", arguments: "{}" },
      ],
    });
  });

  it("has nothing added where it calls nothing", async () => {
    const { printer, seen } = printing();
    await printer.whole({ text: "a\nb" });
    await printer.end();
    assert.equal(seen.output, "a\nb");
    assert.deepEqual(printer.message(), { role: "ROLE_ASSISTANT", content: "a\nb" });
  });

  it("that came in one looks the same", async () => {
    const { printer, seen } = printing();
    await printer.whole({ text: "look", reasoning: "hm", toolCalls: [{ id: "c1", name: "f", arguments: "{}" }] });
    await printer.end();
    assert.deepEqual(seen, { output: "look\nc1: f {}\n", aside: "hm" });
  });
});

describe("pendingCallsText", () => {
  it("says what to type, for a session, for a file, and where nothing was kept", () => {
    const ids = ["c1", "c 2'"];
    const text = (others: { sessionId?: string; savedPath?: string }): string =>
      pendingCallsText({ ids, sessionId: others.sessionId, savedPath: others.savedPath });
    const results = String.raw`--tool-result c1=FILE --tool-result 'c 2'\'''=FILE`;
    assert.match(text({}), /^the model waits for the results of its 2 calls; .* --save-messages FILE or --session$/);
    assert.ok(text({ sessionId: "ses_a" }).endsWith(`; continue with --session ses_a --tools … ${results}`));
    assert.ok(text({ savedPath: "chat.json" }).endsWith(`; continue with --messages chat.json --tools … ${results}`));
    assert.match(
      pendingCallsText({ ids: ["c1"], sessionId: "s", savedPath: undefined }),
      /^the model waits for the result of its call; /,
    );
  });

  it("lets no control character of an id through", () => {
    const text = pendingCallsText({ ids: ["a\u001b[2J"], sessionId: "s", savedPath: undefined });
    assert.ok(!text.includes("\u001b"));
  });
});
