import assert from "node:assert/strict";
import type { ToolUse } from "../../../src/core/conversation.js";
import type { RequestedConstraint } from "../../../src/core/generation-request.js";
import { compileAnswerOrCalls } from "./compile-now.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { writeCalls } from "../../../src/prepare/template/written-calls.js";
import { KNOWN_SYNTAXES, syntaxOf } from "../../engine/output/known-syntaxes.js";
import { assertProblem } from "./grammar-problems.js";
import { NativeGrammars } from "./native-grammars.js";

const USE: ToolUse = {
  tools: [
    { name: "stop", description: "", parameters: '{"type":"object","properties":{"now":{"enum":["yes","no"]}}}' },
  ],
  choice: { type: "auto" },
  parallel: false,
};
const bounds = { ...DEFAULT_GRAMMAR_BOUNDS, calls: 3, strict: false };
const SCHEMA: RequestedConstraint = {
  type: "json_schema",
  schema: '{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}',
};
const STOP = { id: "", name: "stop", arguments: '{"now": "yes"}' };

const plain = { hide: (text: string): string => text, field: "calls" };

describe("the grammar of an answer or calls", () => {
  let native: NativeGrammars;

  before(async () => {
    native = await NativeGrammars.load();
  });
  after(() => native[Symbol.asyncDispose]());

  for (const [name, syntax] of KNOWN_SYNTAXES) {
    it(`allows a valid answer, or calls of ${name}, and nothing between`, () => {
      const { gbnf } = compileAnswerOrCalls({ constraint: SCHEMA, use: USE, syntax, answerOpening: "" }, bounds);
      const grammar = native.compile(gbnf);
      const call = writeCalls([STOP], syntax, plain);
      assert.ok(grammar.allows('{"name": "Ann"}'));
      assert.ok(grammar.allows(call), call);
      assert.ok(!grammar.allows('{"name": 1}'));
      assert.ok(!grammar.allows(writeCalls([{ ...STOP, arguments: '{"now": "maybe"}' }], syntax, plain)));
      assert.ok(!grammar.allows(`{"name": "Ann"}${call}`) && !grammar.allows("text"));
    });
  }

  it("ends by itself where an answer and calls begin differently, and leaves the end to the model otherwise", () => {
    const isClosed = (constraint: RequestedConstraint, syntax: string, parallel = false): boolean =>
      compileAnswerOrCalls(
        { constraint, use: { ...USE, parallel }, syntax: syntaxOf(syntax), answerOpening: "" },
        bounds,
      ).prefixFree;
    assert.equal(isClosed(SCHEMA, "tool_call"), true);
    assert.equal(isClosed(SCHEMA, "tool_call", true), false);
    assert.equal(isClosed(SCHEMA, "mistral", true), true);
    assert.equal(isClosed(SCHEMA, "llama3"), false);
    assert.equal(isClosed({ type: "json_schema", schema: '{"type":"integer"}' }, "tool_call"), false);
    assert.equal(isClosed({ type: "choices", choices: ["a", "ab"] }, "tool_call"), false);
    assert.equal(isClosed({ type: "choices", choices: ["a", "<b"] }, "tool_call"), false);
    assert.equal(isClosed({ type: "gbnf", grammar: 'root ::= "a"' }, "tool_call"), true);
  });

  it("keeps the rules of a caller's own grammar apart from its own", () => {
    const grammar = 'root ::= "a" string root | "b"\nstring ::= "x"\nobject ::= "y"\ncall-1 ::= object';
    const { gbnf } = compileAnswerOrCalls(
      {
        constraint: { type: "gbnf", grammar },
        use: { ...USE, tools: [{ name: "stop", description: "", parameters: "{}" }] },
        syntax: syntaxOf("tool_call"),
        answerOpening: "<final>",
      },
      bounds,
    );
    const compiled = native.compile(gbnf);
    assert.ok(compiled.allows("<final>axaxb"));
    assert.ok(!compiled.allows("axb") && !compiled.allows('<final>a""b'));
    assert.ok(compiled.allows(writeCalls([{ ...STOP, arguments: '{"s": "any"}' }], syntaxOf("tool_call"), plain)));
    assert.ok(!compiled.allows(writeCalls([{ ...STOP, arguments: "y" }], syntaxOf("tool_call"), plain)));
  });

  it("goes on after a prompt that ends with the mark of the first call", () => {
    for (const [name, opened, answerOpening] of [
      ["functionary_32", ">>>", "all\n"],
      ["muse", "<|start|>assistant", " to=user<|message|>"],
    ] as const) {
      const syntax = syntaxOf(name);
      const { gbnf } = compileAnswerOrCalls({ constraint: SCHEMA, use: USE, syntax, answerOpening, opened }, bounds);
      const grammar = native.compile(gbnf);
      const call = writeCalls([STOP], syntax, plain);
      assert.ok(call.startsWith(opened) && grammar.allows(call.slice(opened.length)) && !grammar.allows(call), call);
      assert.ok(grammar.allows(`${answerOpening}{"name": "Ann"}`) && !grammar.allows('{"name": "Ann"}'));
    }
  });

  it("refuses a constraint that it would refuse without tools, and tools that must be held whole", () => {
    const compile = (constraint: RequestedConstraint, strict = false, parameters = "{}") =>
      compileAnswerOrCalls(
        {
          constraint,
          use: { ...USE, tools: [{ name: "stop", description: "", parameters }] },
          syntax: syntaxOf("tool_call"),
          answerOpening: "",
        },
        { ...bounds, strict },
      );
    assertProblem(
      () => compile({ type: "gbnf", grammar: 'root ::= ("-"+)+ "x"' }),
      /^parses \d+ characters in \d+ ways/,
    );
    assertProblem(() => compile({ type: "choices", choices: ["a", ""] }), /must not be empty/, "[1]");
    const loose = '{"type":"object","minProperties":2}';
    assertProblem(() => compile(SCHEMA, true, loose), /^at \/minProperties/, "chat.tools[0].parameters");
    assert.equal(compile(SCHEMA, false, loose).notHeld[0]?.field, "chat.tools[0].parameters");
  });
});
