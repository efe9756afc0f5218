import assert from "node:assert/strict";
import type { ToolUse } from "../../../src/core/conversation.js";
import { compileCallGrammar } from "./compile-now.js";
import type { CompiledGrammar } from "../../../src/prepare/grammar/finish-grammar.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { writeCalls } from "../../../src/prepare/template/written-calls.js";
import { syntaxOf } from "../../engine/output/known-syntaxes.js";
import { assertProblem } from "./grammar-problems.js";
import { NativeGrammars } from "./native-grammars.js";

const FAMILIES = ["qwen3_coder", "glm", "pythonic", "gemma_4"];
const plain = { hide: (text: string): string => text, field: "calls" };

/** Compiles calls of one tool `f`. */
function compile(family: string, parameters: object, strict = false): CompiledGrammar {
  const tool = { name: "f", description: "", parameters: JSON.stringify(parameters) };
  const use: ToolUse = { tools: [tool], choice: { type: "required" }, parallel: false };
  return compileCallGrammar(use, syntaxOf(family), { ...DEFAULT_GRAMMAR_BOUNDS, calls: 1, strict });
}

/** A call as a model of the family writes it, with its arguments as JSON. */
function call(family: string, args: object): string {
  return writeCalls([{ id: "", name: "f", arguments: JSON.stringify(args) }], syntaxOf(family), plain);
}

describe("the grammar of arguments that are written one by one", () => {
  let native: NativeGrammars;

  before(async () => {
    native = await NativeGrammars.load();
  });
  after(() => native[Symbol.asyncDispose]());

  const member = (a: object, more: object = {}) => ({ properties: { a }, required: ["a"], ...more });
  const held: readonly (readonly [parameters: object, good: readonly object[], bad: readonly object[]])[] = [
    [member({ type: "integer", minimum: 5, maximum: 6 }), [{ a: 5 }, { a: 6 }], [{ a: 0 }, { a: 7 }]],
    [member({ type: "string", pattern: "^[a-c]$" }), [{ a: "b" }], [{ a: "d" }, { a: "ab" }, { a: "" }]],
    [member({ type: "array", items: { type: "integer" }, minItems: 2 }), [{ a: [1, 2] }], [{ a: [] }, { a: [1] }]],
    [
      member({ anyOf: [{ type: "string", pattern: "^[a-c]$" }, { type: "null" }] }),
      [{ a: "b" }, { a: null }],
      [{ a: "d" }],
    ],
    [member({ enum: ["x", "long"], minLength: 2 }), [{ a: "long" }], [{ a: "x" }]],
    [{ required: ["ab"], patternProperties: { "^a": { const: "x" } } }, [{ ab: "x" }], [{ ab: "y" }]],
    [{ anyOf: [member({ const: "x" }), { type: "null" }] }, [{ a: "x" }], [{ a: "y" }, {}]],
  ];
  for (const family of FAMILIES) {
    it(`holds the members of ${family} to their schemas`, () => {
      for (const [parameters, good, bad] of held) {
        const { gbnf, notHeld } = compile(family, { type: ["object", "null"], ...parameters }, true);
        const grammar = native.compile(gbnf);
        assert.deepEqual(notHeld, []);
        for (const args of good) assert.ok(grammar.allows(call(family, args)), `${call(family, args)} ${gbnf}`);
        for (const args of bad) assert.ok(!grammar.allows(call(family, args)), call(family, args));
      }
    });

    it(`lists the keywords of the whole arguments that ${family} does not hold, and strict schemas refuse them`, () => {
      const properties = { a: { type: "integer" }, b: { type: "integer" } };
      for (const [keywords, pointer] of [
        [{ dependentRequired: { a: ["b"] } }, "/dependentRequired"],
        [{ if: { required: ["a"] }, then: { required: ["b"] } }, "/if"],
        [{ anyOf: [{ required: ["a"] }, { required: ["b"] }] }, "/anyOf"],
        [{ minProperties: 1 }, "/minProperties"],
        [{ maxProperties: 1 }, "/maxProperties"],
        [{ propertyNames: { minLength: 1 } }, "/propertyNames"],
        [{ enum: [{ a: 1 }] }, "/enum"],
        [{ properties: undefined, additionalProperties: { type: "integer" } }, "/additionalProperties"],
        [{ properties: undefined, patternProperties: { "^a": { type: "integer" } } }, "/patternProperties"],
      ] as const) {
        const schema = { type: "object", properties, ...keywords };
        assert.deepEqual(
          compile(family, schema).notHeld.map((keyword) => keyword.pointer),
          [pointer],
        );
        assertProblem(() => compile(family, schema, true), new RegExp(`^at ${pointer}: `), "[0].parameters");
      }
    });
  }

  it("takes keywords of the whole arguments that its members satisfy in any case", () => {
    const schema = { ...member({ type: "integer" }), minProperties: 1, maxProperties: 1, additionalProperties: false };
    for (const family of FAMILIES) assert.deepEqual(compile(family, schema, true).notHeld, []);
  });

  it("lists the keywords of texts without quotes that may also be something else", () => {
    for (const family of ["qwen3_coder", "glm"]) {
      const schema = member({ type: ["string", "integer"], minLength: 3 });
      const pointers = compile(family, schema).notHeld.map(({ pointer }) => pointer);
      assert.deepEqual(pointers, ["/properties/a/minLength"]);
      assertProblem(() => compile(family, schema, true), /^at \/properties\/a\/minLength: /, "[0].parameters");
    }
  });

  it("lists what it does not hold of values with marked texts", () => {
    for (const [schema, pointer] of [
      [{ type: "array", items: { type: "integer" }, uniqueItems: true }, "uniqueItems"],
      [{ type: "array", prefixItems: [{ type: "integer" }] }, "prefixItems"],
      [{ type: "array", contains: { type: "integer" } }, "contains"],
      [{ type: "integer", not: { const: 1 } }, "not"],
      [{ anyOf: [{ type: "integer" }, { type: "integer", minimum: 3 }] }, "anyOf"],
      [{ type: "object", properties: { b: {} }, minProperties: 1 }, "minProperties"],
    ] as const) {
      const pointers = compile("gemma_4", member(schema)).notHeld.map((keyword) => keyword.pointer);
      assert.deepEqual(pointers, [`/properties/a/${pointer}`]);
      assertProblem(() => compile("gemma_4", member(schema), true), /^at \/properties\/a\//, "[0].parameters");
    }
  });
});
