import assert from "node:assert/strict";
import type { CallSyntax } from "../../../src/core/call-syntax.js";
import type { Tool, ToolUse } from "../../../src/core/conversation.js";
import { compileCallGrammar } from "./compile-now.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { readGbnf } from "../../../src/prepare/grammar/gbnf/read-gbnf.js";
import { memberTypes } from "../../../src/prepare/grammar/schema/object-members.js";
import { SchemaWork } from "../../../src/prepare/grammar/schema/schema-work.js";
import { KNOWN_SYNTAXES, syntaxOf } from "../../engine/output/known-syntaxes.js";
import { formatOf, read } from "../../engine/output/read-output.js";
import { Random } from "../../support/random.js";
import { NativeGrammars } from "./native-grammars.js";
import { Sentences } from "./sentences.js";
import { Ajv2020 } from "ajv/dist/2020.js";

const bounds = { ...DEFAULT_GRAMMAR_BOUNDS, calls: 3 };
const SENTENCES = 60;

const PARAMETERS = {
  type: "object",
  properties: {
    label: { type: "string", maxLength: 20 },
    code: { type: "string", pattern: "^[a-z]{2}-[0-9]+$" },
    unit: { enum: ["day", "week"] },
    note: { type: ["string", "null"] },
    days: { type: "integer", minimum: 1, maximum: 30 },
    isOn: { type: "boolean" },
    tags: { type: "array", items: { type: "string" }, maxItems: 2 },
    place: { type: "object", properties: { x: { type: "number" } }, required: ["x"], additionalProperties: false },
  },
  required: ["code", "days", "isOn"],
  additionalProperties: false,
};
const TOOL: Tool = { name: "set_alarm", description: "", parameters: JSON.stringify(PARAMETERS) };
const EMPTY: Tool = { name: "stop", description: "", parameters: '{"type":"object","properties":{}}' };
const USE: ToolUse = { tools: [TOOL, EMPTY], choice: { type: "required" }, parallel: false };

describe("the grammar of calls in parts", () => {
  let native: NativeGrammars;

  before(async () => {
    native = await NativeGrammars.load();
  });
  after(() => native[Symbol.asyncDispose]());

  const gbnfOf = (syntax: CallSyntax): string => compileCallGrammar(USE, syntax, bounds).gbnf;

  it("holds parameters between tags to their schemas, without quotes around texts", () => {
    const grammar = native.compile(gbnfOf(syntaxOf("qwen3_coder")));
    const call = (parameters: Readonly<Record<string, string>>): string =>
      `<tool_call>\n<function=set_alarm>\n${Object.entries(parameters)
        .map(([key, value]) => `<parameter=${key}>\n${value}\n</parameter>\n`)
        .join("")}</function>\n</tool_call>`;
    const good = { code: "ab-12", days: "3", isOn: "true" };
    assert.ok(grammar.allows(call(good)));
    assert.ok(grammar.allows(call({ label: "two\nlines < 3", ...good, isOn: "False" })));
    assert.ok(grammar.allows("<tool_call>\n<function=stop>\n</function>\n</tool_call>"));
    for (const bad of [
      { ...good, days: "31" },
      { ...good, code: "ab12" },
      { ...good, isOn: '"true"' },
      { label: "a".repeat(21), ...good },
      { ...good, other: "x" },
      { code: "ab-1", isOn: "true" },
      { code: "ab-12", note: "x\n</parameter>\n<parameter=y>\nz", days: "3", isOn: "true" },
      { label: "x\n</parameter>\n<parameter=y>", ...good },
    ]) {
      assert.ok(!grammar.allows(call(bad)), JSON.stringify(bad));
    }
  });

  it("holds Python calls to their schemas, with either quotes", () => {
    const grammar = native.compile(gbnfOf(syntaxOf("lfm2")));
    const call = (text: string): string => `<|tool_call_start|>[${text}]<|tool_call_end|>`;
    assert.ok(grammar.allows(call("set_alarm(code=\"ab-1\", unit='day', days=3, isOn=True)")));
    assert.ok(grammar.allows(call("stop()")));
    assert.ok(!grammar.allows(call("set_alarm(code=\"ab-1\", unit='year', days=3, isOn=True)")));
    assert.ok(!grammar.allows(call('set_alarm(code="ab-1", days=3)')));
    assert.ok(!grammar.allows(call("stop(a=1)")));
  });

  it("holds marked literals to the types of their schemas, in the order of the alphabet", () => {
    const grammar = native.compile(gbnfOf(syntaxOf("gemma_4")));
    const call = (text: string): string => `<|tool_call>call:${text}<tool_call|>`;
    assert.ok(grammar.allows(call('set_alarm{code:<|"|>ab-1<|"|>,days:3,isOn:true,place:{x:1}}')));
    assert.ok(grammar.allows(call("stop{}")));
    assert.ok(!grammar.allows(call('set_alarm{days:3,code:<|"|>ab-1<|"|>,isOn:true}')));
    assert.ok(!grammar.allows(call('set_alarm{code:"ab-1",days:3,isOn:true}')));
    assert.ok(!grammar.allows(call('set_alarm{code:<|"|>ab-1<|"|>,days:true,isOn:true}')));
  });

  const ajv = new Ajv2020({ strict: false });
  const isValid = ajv.compile(PARAMETERS);
  for (const [name, syntax] of KNOWN_SYNTAXES) {
    it(`of ${name} allows only what is read back as a valid call`, () => {
      const sentences = new Sentences(readGbnf(gbnfOf(syntax), bounds), new Random(7));
      const types = { set_alarm: memberTypes(TOOL.parameters, { bounds, work: new SchemaWork() }) };
      const format = formatOf([syntax], { toolNames: [TOOL.name, EMPTY.name], parameterTypes: types });
      for (let count = 0; count < SENTENCES; count += 1) {
        const text = sentences.next();
        const parts = read({ ...format, reasoning: undefined, maxArgumentBytes: 100_000 }, text);
        const [call] = parts;
        assert.ok(parts.length === 1 && call !== undefined && "name" in call, JSON.stringify({ text, parts }));
        const args: unknown = JSON.parse(call.arguments);
        // Marked literals hold types and members alone.
        if (call.name === TOOL.name && name !== "gemma_4") assert.ok(isValid(args), JSON.stringify({ text, args }));
      }
    });
  }
});
