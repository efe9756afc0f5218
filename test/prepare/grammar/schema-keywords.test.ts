import assert from "node:assert/strict";
import { compileConstraint } from "./compile-now.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { assertProblem } from "./grammar-problems.js";
import { NativeGrammars } from "./native-grammars.js";

const compile = (schema: unknown): { gbnf: string; prefixFree: boolean } =>
  compileConstraint({ type: "json_schema", schema: JSON.stringify(schema) }, DEFAULT_GRAMMAR_BOUNDS);

const A_AND_B = { type: "object", properties: { a: { type: "null" }, b: { type: "null" } } };
const LINKS = {
  $ref: "#/$defs/link",
  $defs: { link: { type: "object", properties: { next: { $ref: "#/$defs/link" } }, additionalProperties: false } },
};

describe("a schema", () => {
  let native: NativeGrammars;

  before(async () => {
    native = await NativeGrammars.load();
  });
  after(() => native[Symbol.asyncDispose]());

  const samples: readonly (readonly [schema: unknown, allowed: readonly string[], refused: readonly string[]])[] = [
    [
      A_AND_B,
      ["{}", '{"a":null}', '{"b": null}', '{"a":null, "b":null}'],
      ['{"b":null,"a":null}', '{"a":null,"a":null}', '{"c":1}', "{ }"],
    ],
    [{ ...A_AND_B, required: ["b"] }, ['{"b":null}', '{"a":null,"b":null}'], ["{}", '{"a":null}']],
    [{ ...A_AND_B, minProperties: 1 }, ['{"b":null}'], ["{}"]],
    [{ ...A_AND_B, maxProperties: 0 }, ["{}"], ['{"a":null}']],
    [{ ...A_AND_B, minProperties: 2 }, ['{"a":null,"b":null}'], ['{"a":null}']],
    [
      { ...A_AND_B, required: ["c"], additionalProperties: { type: "boolean" } },
      ['{"b":null,"c":true}'],
      ['{"b":null}', '{"c":null}'],
    ],
    [{ type: "object", properties: {} }, ["{}"], ['{"a":1}']],
    [
      { type: "object", additionalProperties: { type: "integer" } },
      ["{}", '{"x":1,"y":-20}'],
      ['{"x":null}', '{"x":01}'],
    ],
    [{ type: "object" }, ['{"x":{"y":[1.5e3,"\\u00e9",null]}}'], ["[]", '{"x":1,}']],
    [true, ["1", '"a"', "[[],{}]", "null"], ["", "[1,]", " 1", "nul"]],
    [
      { type: "array", items: { type: "boolean" }, minItems: 1, maxItems: 2 },
      ["[true]", "[true, false]"],
      ["[]", "[true,true,true]"],
    ],
    [{ prefixItems: [{ const: 1 }, { const: "x" }], items: false }, ['[1,"x"]'], ["[1]", '[1,"x",1]']],
    [{ type: "string", minLength: 1, maxLength: 3 }, ['"é"', '"\\u00e9\\n😀"'], ['""', '"abcd"', '"\\ud83d"']],
    [{ type: "string", maxLength: 1_000 }, ['""', `"${"x".repeat(1_000)}"`], [`"${"x".repeat(1_001)}"`]],
    [{ type: "string", minLength: 700 }, [`"${"x".repeat(700)}"`], [`"${"x".repeat(699)}"`]],
    [{ type: "integer", minimum: -3, exclusiveMaximum: 121 }, ["-3", "0", "99", "120"], ["-4", "121", "1.0", "00"]],
    [
      { type: "number", exclusiveMinimum: 0, maximum: 10 },
      ["0.01", "10", "9.9", "1"],
      ["0", "0.0", "10.1", "-1", "11"],
    ],
    [{ type: ["string", "null"] }, ["null", '"x"'], ["1"]],
    [
      { enum: ["a", "ab", 1, 12, null, { x: [1] }] },
      ['"a"', '"ab"', "1", "12", "null", '{"x":[1]}'],
      ['"b"', "2", "121"],
    ],
    [{ type: "string", enum: ["a", 1], const: "a" }, ['"a"'], ["1"]],
    [{ anyOf: [{ type: "null" }, { const: "x" }], description: "either" }, ["null", '"x"'], ['"y"']],
    [{ ...A_AND_B, anyOf: [{ required: ["a"] }, { required: ["b"] }] }, ['{"a":null}', '{"b":null}'], ["{}"]],
    [{ allOf: [A_AND_B, { required: ["a"] }] }, ['{"a":null}'], ['{"b":null}']],
    [LINKS, ["{}", '{"next":{"next":{}}}'], ['{"next":null}']],
    [{ type: "string", format: "date" }, ['"2024-12-31"'], ['"2024-02-30"', '"2024-13-01"', '"x"']],
    [{ type: "string", format: "uuid" }, ['"01234567-89ab-cdef-0123-456789abcdef"'], ['"0"']],
    [{ ...A_AND_B, properties: { a: false, 'q"/~': true } }, ["{}", '{"q\\"/~":1}'], ['{"a":null}']],
    [{ ...A_AND_B, properties: { a: { not: {} }, b: true } }, ["{}", '{"b":1}'], ['{"a":null}']],
    [{ ...A_AND_B, maxProperties: 1 }, ["{}", '{"a":null}', '{"b":null}'], ['{"a":null,"b":null}']],
    [
      { ...A_AND_B, additionalProperties: { type: "boolean" } },
      ['{"a":null,"c":true}', '{"bb":true,"":false}'],
      ['{"c":true,"a":null}', '{"a":true}', '{"c":1}'],
    ],
    [
      { ...A_AND_B, patternProperties: { "^x-": { type: "boolean" }, y$: { const: true } } },
      ['{"b":null,"x-1":false}', '{"x-y":true,"zy":true}'],
      ['{"x-y":false}', '{"z":1}'],
    ],
    [
      {
        type: "object",
        propertyNames: { enum: ["x", "y"] },
        additionalProperties: { type: "boolean" },
        required: ["y"],
      },
      ['{"x":true,"y":false}', '{"y":true}'],
      ['{"x":true}', '{"y":1}', '{"y":true,"z":true}'],
    ],
    [
      { type: "object", propertyNames: { pattern: "^[a-c]+$", maxLength: 2 }, additionalProperties: { type: "null" } },
      ["{}", '{"ab":null,"c":null}'],
      ['{"d":null}', '{"abc":null}'],
    ],
    [{ ...A_AND_B, dependentRequired: { a: ["b"] } }, ["{}", '{"b":null}', '{"a":null,"b":null}'], ['{"a":null}']],
    [
      { ...A_AND_B, if: { properties: { a: { const: null } }, required: ["a"] }, then: { required: ["b"] } },
      ["{}", '{"a":null,"b":null}', '{"b":null}'],
      ['{"a":null}'],
    ],
    [{ allOf: [A_AND_B, { properties: { c: true }, additionalProperties: false }] }, ["{}", '{"c":1}'], ['{"a":null}']],
    [
      {
        allOf: [
          { properties: { a: { type: ["integer", "null"] } } },
          { properties: { a: { type: ["integer", "string"] } } },
        ],
      },
      ["{}", '{"a":5}'],
      ['{"a":null}', '{"a":"x"}'],
    ],
    [
      { allOf: [A_AND_B], properties: { c: { type: "null" } }, unevaluatedProperties: false, minProperties: 1 },
      ['{"a":null,"c":null}'],
      ["{}", '{"d":1}'],
    ],
    [
      { type: "array", items: [{ type: "null" }, { type: "boolean" }], additionalItems: { type: "integer" } },
      ["[null,true]", "[null,true,1,2]"],
      ["[true]", "[null,true,null]"],
    ],
    [
      { type: "array", items: { enum: ["a", "b", "c"] }, uniqueItems: true, minItems: 1 },
      ['["a"]', '["c","a"]', '["b", "c", "a"]'],
      ["[]", '["a","a"]', '["a","b","a"]'],
    ],
    [
      { type: "array", items: { enum: [1, 2, 3, 4, 5, 6, 7] }, uniqueItems: true, maxItems: 2 },
      ["[]", "[1,7]", "[2]"],
      ["[1,1]", "[1,2,3]"],
    ],
    [
      { type: "array", items: { type: "integer" }, contains: { minimum: 10 }, minContains: 2 },
      ["[10,11]", "[10,99,1]"],
      ["[10]", "[1,10,11]"],
    ],
    [
      { type: "number", minimum: 0.5, maximum: 1.25 },
      ["0.5", "1", "1.25", "0.999"],
      ["0.4", "1.26", "1.251", "2", "-1"],
    ],
    [{ type: "number", exclusiveMinimum: -0.5, exclusiveMaximum: 0.5 }, ["0", "-0.49", "0.4999"], ["0.5", "-0.5", "1"]],
    [{ type: "number", minimum: 3, exclusiveMinimum: true }, ["3.001", "4"], ["3", "3.0", "2"]],
    [{ type: "number", multipleOf: 0.01, minimum: 0 }, ["0", "1.25", "19.9"], ["0.001", "-1"]],
    [{ type: "number", multipleOf: 0.25, maximum: 1 }, ["0.25", "-3.5", "1"], ["0.3", "1.25"]],
    [{ type: "integer", multipleOf: 7, minimum: 1, maximum: 30 }, ["7", "14", "21", "28"], ["0", "8", "35"]],
    [{ type: "integer", format: "uint8" }, ["0", "255"], ["256", "-1"]],
    [{ type: "string", nullable: true }, ["null", '"x"'], ["1"]],
    [
      { type: "string", format: "date", pattern: "^2024-" },
      ['"2024-02-29"'],
      ['"2023-01-01"', '"2024-02-30"', '"2024-"'],
    ],
    [{ type: "string", format: "time", pattern: "^\\d\\d:\\d\\d$" }, ['"12:30"'], ['"12:30:00Z"']],
    [
      { type: "string", format: "email", maxLength: 20 },
      ['"jane@acme.com"'],
      ['"jane.doe@acme.example.com"', '"jane"'],
    ],
    [{ type: "string", pattern: "^[a-z]+$", minLength: 2, not: { const: "no" } }, ['"yes"'], ['"no"', '"a"', '"A1"']],
    [{ enum: ["a", "abc", 7, 12], minLength: 2, maximum: 10 }, ['"abc"', "7"], ['"a"', "12"]],
    [{ not: { type: ["string", "object", "array", "null", "boolean"] } }, ["1"], ['"x"', "null", "true"]],
    [
      { $ref: "#node", $defs: { n: { $anchor: "node", type: "object", properties: { next: { $ref: "#node" } } } } },
      ['{"next":{}}'],
      ['{"next":1}'],
    ],
    [{ $ref: "other.json", $defs: { o: { $id: "other.json", type: "null" } } }, ["null"], ["1"]],
    [
      {
        oneOf: [
          { ...A_AND_B, required: ["a"] },
          { ...A_AND_B, required: ["b"] },
        ],
      },
      ['{"a":null}', '{"b":null}'],
      ["{}", '{"a":null,"b":null}'],
    ],
    [{ oneOf: [{ enum: [1, 2] }, { enum: [2, 3] }] }, ["1", "3"], ["2"]],
    [
      { oneOf: [{ not: { type: "string", format: "date" } }, { type: "string" }] },
      ["1", "null", '"2024-12-31"'],
      ['"x"', '"2024-12-32"'],
    ],
    [{ not: { const: 1 } }, ['"x"', "null", "true"], ["1"]],
  ];
  for (const [schema, allowed, refused] of samples) {
    it(`allows what it says: ${JSON.stringify(schema).slice(0, 100)}`, () => {
      const grammar = native.compile(compile(schema).gbnf);
      for (const text of allowed) assert.ok(grammar.allows(text), `${text} should be allowed`);
      for (const text of refused) assert.ok(!grammar.allows(text), `${text} should not be allowed`);
    });
  }

  it("keeps the order of members whose names are numbers", () => {
    const schema =
      '{"type":"object","properties":{"10":true,"2":{"const":{"9":1,"1":2}},"a":true},"required":["10","2","a"]}';
    const { gbnf } = compileConstraint({ type: "json_schema", schema }, DEFAULT_GRAMMAR_BOUNDS);
    const grammar = native.compile(gbnf);
    assert.ok(grammar.allows('{"10":null,"2":{"9":1,"1":2},"a":null}'));
    assert.ok(!grammar.allows('{"2":{"9":1,"1":2},"10":null,"a":null}'));
  });

  it("takes 300 optional members in a row", () => {
    const grammar = native.compile(compile({ type: "object", properties: Object.fromEntries(names(300)) }).gbnf);
    assert.ok(grammar.allows('{"member0":null,"member17":null,"member299":null}'));
    assert.ok(!grammar.allows('{"member17":null,"member0":null}'));
    assert.ok(!grammar.allows('{"member300":null}'));
  });

  it("lists what may have been meant to restrict the value, and refuses it if asked to", () => {
    const schema = JSON.stringify({
      "x-hint": 1,
      discriminator: { propertyName: "a" },
      properties: { a: { type: "string", format: "thing" }, "b/c": { optional: true } },
    });
    const { notHeld } = compileConstraint({ type: "json_schema", schema }, DEFAULT_GRAMMAR_BOUNDS);
    assert.deepEqual(
      notHeld.map(({ field, pointer }) => [field, pointer]),
      [
        ["json_schema", "/properties/a/format"],
        ["json_schema", "/properties/b~1c/optional"],
      ],
    );
    assertProblem(
      () => compileConstraint({ type: "json_schema", schema }, { ...DEFAULT_GRAMMAR_BOUNDS, strict: true }),
      /^at \/properties\/a\/format: .*; at \/properties\/b~1c\/optional: the keyword "optional" is unknown/,
    );
  });

  it("tells one of its values' ends from their beginnings, but for numbers", () => {
    const ends = [{ type: "object" }, { type: "string" }, { type: ["array", "null"] }, { enum: [1, 23] }].map(compile);
    assert.deepEqual(
      ends.map(({ prefixFree }) => prefixFree),
      [true, true, true, true],
    );
    const open = [{ type: "integer" }, true, { enum: [1, 12] }, { anyOf: [{ const: 1 }, { const: 12 }] }].map(compile);
    assert.deepEqual(
      open.map(({ prefixFree }) => prefixFree),
      [false, false, false, false],
    );
  });

  it("takes oneOf where its branches are told apart", () => {
    const kind = (name: string): object => ({
      type: "object",
      properties: { kind: { const: name } },
      required: ["kind"],
    });
    compile({ oneOf: [kind("a"), kind("b"), { type: "null" }] });
    compile({ oneOf: [{ type: "string" }, { type: "array" }] });
    compile({
      oneOf: [
        { ...A_AND_B, required: ["a"], additionalProperties: false },
        { type: "object", properties: { c: true }, required: ["c"] },
      ],
    });
    for (const oneOf of [
      [{ type: "integer" }, { type: "number" }],
      [A_AND_B, A_AND_B],
    ]) {
      assertProblem(
        () => compile({ oneOf }),
        /^at \/oneOf\/1: "oneOf" needs branches that no value satisfies together, which cannot be proven .* at \/oneOf\/0/,
      );
    }
  });
});

function names(count: number): [string, unknown][] {
  return Array.from({ length: count }, (_, index) => [`member${index}`, { type: "null" }]);
}
