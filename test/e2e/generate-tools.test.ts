import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GenerationInput, RequestedConstraint } from "../../src/core/generation-request.js";
import { SessionClient } from "../rill/session-client.js";
import { MARK, marked } from "../support/marked-output.js";
import { TestServer } from "../support/test-server.js";
import { type RillRun, runRill } from "./run-rill.js";

describe("rill generate with tools and constraints", function () {
  this.timeout(40_000);
  let folder = "";
  let server: TestServer;
  let read: GenerationInput[] = [];
  let constraints: (RequestedConstraint | undefined)[] = [];
  let says: number[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-tools-"));
    server = await TestServer.start({
      reasons: true,
      limits: { gbnfBytes: 100 },
      engine: { marks: true },
      prepare: (input, { constraint }) => {
        read.push(input);
        constraints.push(constraint);
        return Promise.resolve({ tokens: Uint32Array.from(says) });
      },
    });
    await writeFile(join(folder, "tools.json"), '[{"type":"function","function":{"name":"f"}}]');
    await writeFile(join(folder, "result.txt"), "so\n");
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    read = [];
    constraints = [];
    says = marked(MARK.THINK, "hm", MARK.THINK, "look", MARK.CALL, '{"a":1}', MARK.END);
  });

  const generate = (...args: string[]): Promise<RillRun> =>
    runRill(["generate", ...args], { RILL_ADDRESS: server.address });
  const tools = (): string[] => ["--tools", join(folder, "tools.json")];
  const messagesOf = (input: GenerationInput | undefined): unknown => (input?.type === "chat" ? input.messages : input);
  const CALLS = [{ id: "call_0", name: "f", arguments: '{"a":1}' }];

  it("prints the calls and what to type, and goes on from the file that it kept", async () => {
    const path = join(folder, "chat.json");
    for (const unary of [[], ["--unary"]]) {
      read = [];
      const first = await generate("why?", ...tools(), "--save-messages", path, ...unary);
      assert.equal(first.stdout, 'look\ncall_0: f {"a":1}\n');
      assert.match(
        first.stderr,
        /^rill generate: the model waits for the result of its call; continue with --messages .*chat\.json --tools … --tool-result call_0=FILE\n$/,
      );
      assert.equal(first.code, 0);
      assert.ok(read[0]?.type === "chat");
      assert.deepEqual(read[0].tools?.choice, { type: "auto" });
      const result = `call_0=${join(folder, "result.txt")}`;
      const second = await generate("--messages", path, ...tools(), "--tool-choice", "none", "--tool-result", result);
      assert.equal(second.code, 0, second.stderr);
      assert.deepEqual(messagesOf(read[1]), [
        { role: "user", content: "why?" },
        { role: "assistant", content: "look", reasoning: "hm", toolCalls: CALLS },
        { role: "tool", content: "so", toolCallId: "call_0" },
      ]);
      assert.ok(read[1]?.type === "chat");
      assert.deepEqual(read[1].tools?.choice, { type: "none" });
    }
    assert.equal((JSON.parse(await readFile(path, "utf8")) as unknown[]).length, 2);
  });

  it("goes on in a session, which has the calls", async () => {
    using sessions = new SessionClient(server.address);
    const { sessionId } = await sessions.create();
    const first = await generate("why?", "--session", sessionId, ...tools(), "--tool-choice", "f");
    assert.match(
      first.stderr,
      new RegExp(`; continue with --session ${sessionId} --tools … --tool-result call_0=FILE\n$`),
    );
    says = marked("because");
    const result = `call_0=${join(folder, "result.txt")}`;
    const second = await generate("--session", sessionId, ...tools(), "--tool-result", result);
    assert.deepEqual([second.stdout, second.stderr], ["because", ""]);
    const shown = await runRill(["sessions", "show", sessionId], { RILL_ADDRESS: server.address });
    assert.match(
      shown.stdout,
      /assistant: look\nassistant calls call_0: f \{"a":1\}\n[^]*tool call_0: so\nassistant: because\n/,
    );
    const wrong = await generate("--session", sessionId, "x", "--save-messages", join(folder, "no.json"));
    assert.equal(wrong.code, 2);
  });

  it("prints events as they are with --json, calls among them", async () => {
    const { stdout } = await generate("why?", ...tools(), "--json");
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => Object.keys(JSON.parse(line) as object).at(-1));
    assert.deepEqual([...new Set(events)].sort(), ["accepted", "chunk", "completed", "prefill", "toolCall"].sort());
  });

  it("asks for a schema, choices, any object or a grammar", async () => {
    says = marked("ok");
    const schema = join(folder, "schema.json");
    const grammar = join(folder, "grammar.gbnf");
    await Promise.all([writeFile(schema, '{"type":"object"}'), writeFile(grammar, 'root ::= "a"')]);
    for (const flags of [
      ["--schema", schema],
      ["--choices", "a,b", "--choices", "c"],
      ["--json-object"],
      ["--gbnf", grammar],
    ]) {
      const { code, stderr } = await generate("Hi", ...flags);
      assert.equal(code, 0, stderr);
    }
    assert.deepEqual(constraints, [
      { type: "json_schema", schema: '{"type":"object"}' },
      { type: "choices", choices: ["a", "b", "c"] },
      { type: "json_object" },
      { type: "gbnf", grammar: 'root ::= "a"' },
    ]);
    const cut = await generate("Hi", "--choices", "a,b", "--max-output-tokens", "1");
    assert.deepEqual(
      [cut.code, cut.stdout, cut.stderr],
      [3, "o", "rill generate: the answer was cut off and may not have the form asked for: MAX_TOKENS\n"],
    );
    const two = await generate("Hi", "--choices", "a,b", "--json-object");
    assert.equal(two.code, 2);
    assert.match(two.stderr, /^ {2}--json-object, --choices: an answer has one form, so only one of them$/m);
    const none = await generate("Hi", "--schema", join(folder, "absent"));
    assert.equal(none.code, 2);
    assert.match(none.stderr, /--schema: .*absent" must be a file of UTF-8 text that can be read/);
  });
});
