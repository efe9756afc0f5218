import assert from "node:assert/strict";
import type { ToolUse } from "../../../src/core/conversation.js";
import { compileHeldCalls } from "./compile-now.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { writeCalls } from "../../../src/prepare/template/written-calls.js";
import { KNOWN_SYNTAXES, syntaxOf } from "../../engine/output/known-syntaxes.js";
import { NativeGrammars } from "./native-grammars.js";

const CITY = '{"type":"object","properties":{"city":{"enum":["Rome","Ulm"]}},"required":["city"]}';
const USE: ToolUse = {
  tools: [
    { name: "get_weather", description: "", parameters: CITY },
    { name: "stop", description: "", parameters: '{"type":"object","properties":{}}' },
  ],
  choice: { type: "auto" },
  parallel: true,
};
const bounds = { ...DEFAULT_GRAMMAR_BOUNDS, calls: 3, strict: false };
const ROME = { id: "", name: "get_weather", arguments: '{"city": "Rome"}' };
const BERN = { id: "", name: "get_weather", arguments: '{"city": "Bern"}' };
const STOP = { id: "", name: "stop", arguments: "{}" };

const plain = { hide: (text: string): string => text, field: "calls" };

describe("the grammar of calls in a free output", () => {
  let native: NativeGrammars;

  before(async () => {
    native = await NativeGrammars.load();
  });
  after(() => native[Symbol.asyncDispose]());

  for (const [name, syntax] of KNOWN_SYNTAXES) {
    it(`holds calls of ${name} from their opening on, and any text after them`, () => {
      const { gbnf, holds } = compileHeldCalls(USE, [syntax, syntaxOf("tool_call")], bounds);
      assert.equal(holds, "calls");
      const grammar = native.compile(gbnf);
      for (const call of [ROME, STOP]) {
        const text = writeCalls([call], syntax, plain);
        assert.ok(grammar.allows(text), text);
        assert.ok(grammar.allows(`${text} And so on: {"é`), text);
      }
      for (const call of [BERN, { ...ROME, name: "get" }, { ...STOP, name: "get_weather" }]) {
        const text = writeCalls([call], syntax, plain);
        assert.ok(!grammar.allows(text) && !grammar.allows(`${text} And so on.`), text);
      }
      assert.ok(!grammar.allows("Just text."));
      assert.ok(grammar.allows('<tool_call>\n{"name": "stop", "arguments": {}}\n</tool_call>'));
    });
  }

  it("holds all calls of a section, and after it none", () => {
    for (const name of ["deepseek_v3", "mistral", "kimi_k2", "phi4_mini"]) {
      const syntax = syntaxOf(name);
      const grammar = native.compile(compileHeldCalls(USE, [syntax], bounds).gbnf);
      assert.ok(grammar.allows(writeCalls([ROME, STOP], syntax, plain)), name);
      assert.ok(!grammar.allows(writeCalls([ROME, BERN], syntax, plain)), name);
      const single = native.compile(compileHeldCalls({ ...USE, parallel: false }, [syntax], bounds).gbnf);
      assert.ok(!single.allows(writeCalls([ROME, STOP], syntax, plain)), name);
    }
  });

  it("holds calls that begin with another mark of their syntax, and one that follows another without a mark", () => {
    const harmony = native.compile(compileHeldCalls(USE, [syntaxOf("harmony")], bounds).gbnf);
    const call = (begin: string, city: string): string =>
      `${begin}get_weather <|constrain|>json<|message|>{"city":"${city}"}<|call|>`;
    for (const begin of ["<|channel|>commentary to=functions.", "<|channel|>analysis to=functions.", "to=functions."]) {
      assert.ok(harmony.allows(call(begin, "Rome")), begin);
      assert.ok(!harmony.allows(call(begin, "Bern")), begin);
    }
    const llama = native.compile(compileHeldCalls(USE, [syntaxOf("llama3")], bounds).gbnf);
    assert.ok(llama.allows('; {"name": "stop", "parameters": {}}'));
  });

  it("holds the names alone of the tools that are too much for one grammar, the largest first, and says so", () => {
    const properties = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, { enum: ["a".repeat(40), "b"] }]));
    const big = (name: string, count: number) => ({
      name,
      description: "",
      parameters: JSON.stringify({ type: "object", properties: properties(count), required: [`key0`] }),
    });
    const tools = [...USE.tools, big("large", 30), big("larger", 40)];
    const { gbnf, notHeld } = compileHeldCalls({ ...USE, tools }, [syntaxOf("tool_call")], {
      ...bounds,
      rules: 100,
      symbols: 850,
    });
    assert.deepEqual(
      notHeld.map(({ field, pointer }) => [field, pointer]),
      [["chat.tools[3].parameters", ""]],
    );
    assert.match(
      notHeld[0]?.description ?? "",
      /^the arguments are any object, because the grammar of all tools compiles to \d+/,
    );
    const grammar = native.compile(gbnf);
    const call = (name: string, args: string): string =>
      `<tool_call>\n{"name": "${name}", "arguments": ${args}}\n</tool_call>`;
    assert.ok(grammar.allows(call("larger", '{"any":1}')));
    assert.ok(!grammar.allows(call("large", '{"any":1}')));
    assert.ok(!grammar.allows(call("other", "{}")));
  });
});
