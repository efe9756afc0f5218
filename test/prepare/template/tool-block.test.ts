import assert from "node:assert/strict";
import type { Message } from "../../../src/core/conversation.js";
import { toolBlock, withoutToolRoles } from "../../../src/prepare/template/tool-block.js";
import { assistant, system, user } from "../conversation.js";

const calls: readonly Message[] = [
  user("q"),
  {
    ...assistant("Let me see."),
    toolCalls: [
      { id: "1", name: "add", arguments: '{"a":1}' },
      { id: "2", name: "add", arguments: '{"a": 2}' },
    ],
  },
  { role: "tool", content: "one", toolCallId: "1" },
  { role: "tool", content: "two", toolCallId: "2" },
];

describe("the block of tools", () => {
  it("has each tool in its order, the parameters byte for byte", () => {
    const parameters = '{ "b": 1.0,\t"a": {} }';
    const lines = toolBlock([
      { name: "z", description: 'says "z"', parameters },
      { name: "a", description: "", parameters: "{}" },
    ]).split("\n");
    const first = lines.findIndex((line) => line.startsWith("{"));
    assert.equal(lines[first], `{"name": "z", "description": "says \\"z\\"", "parameters": ${parameters}}`);
    assert.equal(lines[first + 1], '{"name": "a", "description": "", "parameters": {}}');
  });

  it("stands before the caller's system message, or the template's own, or alone", () => {
    const place = (messages: readonly Message[], defaultSystem: string): Message[] =>
      withoutToolRoles(messages, { block: "BLOCK", carrier: "system", defaultSystem });
    assert.deepEqual(place([system("s"), user("u")], "own"), [system("BLOCK\n\ns"), user("u")]);
    assert.deepEqual(place([user("u"), system("s")], "own"), [system("BLOCK\n\nown"), user("u"), system("s")]);
    assert.deepEqual(place([user("u")], ""), [system("BLOCK"), user("u")]);
  });

  it("stands in the first message of the user where there is no place for a system message", () => {
    const place = (...messages: Message[]): Message[] =>
      withoutToolRoles(messages, { block: "BLOCK", carrier: "user", defaultSystem: "" });
    assert.deepEqual(place(assistant("a"), user("u"), user("v")), [assistant("a"), user("BLOCK\n\nu"), user("v")]);
    assert.deepEqual(place(assistant("a")), [user("BLOCK"), assistant("a")]);
  });

  it("makes text of calls and results, one message of results that follow each other", () => {
    const written = withoutToolRoles([...calls, assistant("three")], {
      block: undefined,
      carrier: "system",
      defaultSystem: "own",
    });
    assert.deepEqual(written, [
      user("q"),
      assistant(
        'Let me see.\n<tool_call>\n{"name": "add", "arguments": {"a":1}}\n</tool_call>\n' +
          '<tool_call>\n{"name": "add", "arguments": {"a": 2}}\n</tool_call>',
      ),
      user("<tool_response>\none\n</tool_response>\n<tool_response>\ntwo\n</tool_response>"),
      assistant("three"),
    ]);
  });
});
