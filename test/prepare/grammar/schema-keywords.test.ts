import assert from "node:assert/strict";
import { compileConstraint } from "../../../src/prepare/grammar/compile-constraint.js";
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
  ];
  for (const [schema, allowed, refused] of samples) {
    it(`allows what it says: ${JSON.stringify(schema).slice(0, 100)}`, () => {
      const grammar = native.compile(compile(schema).gbnf);
      for (const text of allowed) assert.ok(grammar.allows(text), `${text} should be allowed`);
      for (const text of refused) assert.ok(!grammar.allows(text), `${text} should not be allowed`);
    });
  }

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
      [kind("a"), { type: "object" }],
      [A_AND_B, A_AND_B],
      [{ enum: [1, 2] }, { enum: [2, 3] }],
      [{ properties: { a: { type: "null" } } }, { type: "string" }],
    ]) {
      assertProblem(
        () => compile({ oneOf }),
        /^at \/oneOf\/1: "oneOf" needs branches that no value satisfies together, which cannot be proven .* at \/oneOf\/0/,
      );
    }
  });

  const refused: readonly (readonly [schema: unknown, description: RegExp])[] = [
    [{ properties: { a: { pattern: "x" } } }, /^at \/properties\/a\/pattern: the keyword "pattern" is not supported$/],
    [{ not: {} }, /^at \/not: the keyword "not"/],
    [{ type: "array", uniqueItems: true }, /^at \/uniqueItems: the keyword "uniqueItems"/],
    [{ type: "integer", multipleOf: 2 }, /"multipleOf" is not supported/],
    [{ $ref: "https://example.com/schema" }, /^at \/\$ref: "https:\/\/example.com\/schema" does not begin with #\//],
    [{ $ref: "#/$defs/none" }, /^at \/\$ref: "#\/\$defs\/none" refers to nothing$/],
    [{ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } }, /schemas nested more than 32 deep/],
    [{ anyOf: [{ $ref: "#" }, { type: "null" }] }, /begins with itself/],
    [
      { type: "object", properties: { a: { $ref: "#" } }, required: ["a"] },
      /never ends, because each of its alternatives contains it again/,
    ],
    [{ type: "thing" }, /^at \/type: "thing" is not one of null, boolean/],
    [
      { type: "number", minimum: 0.5 },
      /the bound 0.5 of a number is not supported; it must be an integer from -10+ to 10+/,
    ],
    [{ type: "integer", minimum: 2, maximum: 1 }, /no integer lies within its bounds \(2 to 1\)/],
    [{ type: "string", minLength: 3, maxLength: 2 }, /minLength 3 is more than maxLength 2/],
    [{ type: "string", maxLength: 1e6 }, /^at \/maxLength: 1000000 is more than 65536, the largest supported length$/],
    [{ type: "array", maxItems: 5_000 }, /^at \/maxItems: 5000 is more than 2000, the largest supported count$/],
    [{ type: "array", minItems: -1 }, /^at \/minItems: -1 is not a whole number of at least 0$/],
    [{ type: "object", minProperties: 2 }, /^at \/minProperties: 2 cannot be enforced with free keys/],
    [{ ...A_AND_B, maxProperties: 1 }, /^at \/maxProperties: 1 cannot be enforced with 2 members, 0 of them required$/],
    [{ type: "object", required: ["x"], additionalProperties: false }, /"x" is required but not allowed/],
    [{ type: "object", properties: { a: false }, required: ["a"] }, /^at \/properties\/a: no value is valid here$/],
    [false, /^at its root: no value is valid here$/],
    [{ enum: [1], minimum: 0 }, /"minimum" beside "enum" is not supported/],
    [{ enum: [] }, /^at \/enum: is not an array with at least one element$/],
    [{ enum: ["a"], type: "integer" }, /the keywords beside its values allow none of them/],
    [{ allOf: [{ type: "string", minLength: 1 }, { minLength: 2 }] }, /"minLength" applies together with the one at/],
    [
      { allOf: [{ type: "string" }, { type: "null" }] },
      /no type is valid here and in the schema that applies together with it/,
    ],
    [
      { allOf: [A_AND_B, { properties: { c: true }, additionalProperties: false }] },
      /"additionalProperties" applies together with "properties" at/,
    ],
    [nested(40), /schemas nested more than 32 deep/],
    [
      { type: "object", properties: Object.fromEntries(names(121)) },
      /^at \/properties: has more than 60 optional members in a row/,
    ],
    [{ const: "x".repeat(66_000) }, /has \d+ bytes; at most 65536 are allowed/],
    ["text", /^at its root: is neither an object nor a boolean$/],
  ];
  for (const [schema, description] of refused) {
    it(`is refused with the JSON pointer of the problem: ${JSON.stringify(schema).slice(0, 80)}`, () =>
      assertProblem(() => compile(schema), description));
  }

  it("is refused where it is no JSON, or JSON in JSON without end", () => {
    const raw = (schema: string) => (): unknown =>
      compileConstraint({ type: "json_schema", schema }, DEFAULT_GRAMMAR_BOUNDS);
    assertProblem(raw("{"), /^is not JSON: /);
    assertProblem(raw('{"const":1e400}'), /^contains a number beyond the range of a double$/);
    assertProblem(raw(`{"const":${"[".repeat(20_000)}${"]".repeat(20_000)}}`), /^is nested more than 96 levels deep$/);
  });
});

function nested(depth: number): unknown {
  return depth === 0 ? {} : { type: "array", items: nested(depth - 1) };
}

function names(count: number): [string, unknown][] {
  return Array.from({ length: count }, (_, index) => [`member${index}`, { type: "null" }]);
}
