import assert from "node:assert/strict";
import { compileConstraint } from "./compile-now.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { assertProblem } from "./grammar-problems.js";

const compile = (schema: unknown): { gbnf: string; prefixFree: boolean } =>
  compileConstraint({ type: "json_schema", schema: JSON.stringify(schema) }, DEFAULT_GRAMMAR_BOUNDS);

describe("a schema without a grammar", () => {
  const refused: readonly (readonly [schema: unknown, description: RegExp])[] = [
    [
      { properties: { a: { pattern: "(x)\\1" } } },
      /^at \/properties\/a\/pattern: the pattern "\(x\)\\\\1" has a backreference/,
    ],
    [{ not: {} }, /^at its root: no value is valid here$/],
    [
      { type: "array", uniqueItems: true },
      /^at \/uniqueItems: "uniqueItems" is held only for items of an "enum", a "const" or a boolean$/,
    ],
    [{ type: "integer", multipleOf: 997 }, /^at \/multipleOf: multiples of 997 need too many rules$/],
    [
      { $ref: "https://example.com/schema" },
      /^at \/\$ref: "https:\/\/example.com\/schema" refers to another document; .* by an \$anchor or by an \$id$/,
    ],
    [{ $ref: "#here" }, /^at \/\$ref: "#here" refers to an \$anchor that no schema here has$/],
    [{ type: "string", minLength: 1e6 }, /^at \/minLength: 1000000 is more than 65536, the largest supported length$/],
    [{ type: "array", minItems: 5_000 }, /^at \/minItems: 5000 is more than 2000, the largest supported count$/],
    [
      { type: "array", uniqueItems: true, items: { enum: Array.from({ length: 129 }, (_, index) => index) } },
      /^at \/uniqueItems: "uniqueItems" is held for up to 128 values, but the items have 129$/,
    ],
    [
      { properties: Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`m${index}`, true])) },
      /^at \/properties: has more than 500 optional members in a row$/,
    ],
    [
      conditions(40),
      /^parses \d+ characters in \d+ ways; .* \(the branches at #\/allOf\/0\/if, #\/allOf\/1\/if, .* and more\)$/,
    ],
    [{ oneOf: [{ $ref: "#" }] }, /^at \/oneOf: more than 256 lists of branches apply to one value$/],
    [{ enum: [1], minimum: 2 }, /^at its root: the keywords beside its values allow none of them$/],
    [{ allOf: [{ type: "string" }, { type: "null" }] }, /^at its root: no value is valid here$/],
    [
      { properties: { a: { uniqueItems: true }, b: { type: "integer", multipleOf: 997 } } },
      /^at \/properties\/a\/uniqueItems: .*; at \/properties\/b\/multipleOf: multiples of 997/,
    ],
    [{ $ref: "#/$defs/none" }, /^at \/\$ref: "#\/\$defs\/none" refers to nothing$/],
    [{ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } }, /schemas nested more than 32 deep/],
    [{ anyOf: [{ $ref: "#" }, { type: "null" }] }, /begins with itself/],
    [
      { type: "object", properties: { a: { $ref: "#" } }, required: ["a"] },
      /never ends, because each of its alternatives contains it again/,
    ],
    [{ type: "thing" }, /^at \/type: "thing" is not one of null, boolean/],
    [{ type: "integer", minimum: 2, maximum: 1 }, /no integer lies within its bounds \(2 to 1\)/],
    [{ type: "string", minLength: 3, maxLength: 2 }, /minLength 3 is more than maxLength 2/],
    [{ type: "array", minItems: -1 }, /^at \/minItems: -1 is not a whole number of at least 0$/],
    [{ type: "object", minProperties: 2 }, /^at \/minProperties: 2 cannot be enforced with free keys/],
    [{ type: "object", required: ["x"], additionalProperties: false }, /"x" is required but not allowed/],
    [{ type: "object", properties: { a: false }, required: ["a"] }, /^at \/properties\/a: no value is valid here$/],
    [false, /^at its root: no value is valid here$/],
    [{ enum: [] }, /^at \/enum: is not an array with at least one element$/],
    [{ enum: ["a"], type: "integer" }, /the keywords beside its values allow none of them/],
    [nested(40), /schemas nested more than 32 deep/],
    [{ const: "x".repeat(66_000) }, /has \d+ bytes; at most 65536 are allowed/],
    ["text", /^at its root: is neither an object nor a boolean$/],
  ];
  for (const [schema, description] of refused) {
    it(`is refused with the JSON pointer of the problem: ${JSON.stringify(schema).slice(0, 80)}`, () =>
      assertProblem(() => compile(schema), description));
  }

  it("has one nevertheless where more branches stand side by side than schemas may be nested", () => {
    const either = { anyOf: [{ allOf: [{ required: ["a"] }] }, { type: "string" }] };
    const properties = { a: { type: "integer" } };
    const { gbnf } = compile({ type: "object", properties, allOf: Array.from({ length: 40 }, () => either) });
    assert.match(gbnf, /::= "a\\x22:"/);
  });

  it("is refused where it is no JSON, or JSON in JSON without end", () => {
    const raw = (schema: string) => (): unknown =>
      compileConstraint({ type: "json_schema", schema }, DEFAULT_GRAMMAR_BOUNDS);
    assertProblem(
      raw('{\n  "type" "object"}'),
      /^is not JSON: at line 2, column 10: expected ":" after the name of a member, but found "\\""$/,
    );
    assertProblem(raw("{"), /^is not JSON: at line 1, column 2: expected the name .*, but the text ends$/);
    assertProblem(raw('{"const":1e400}'), /^contains a number beyond the range of a double$/);
    assertProblem(raw(`{"const":${"[".repeat(20_000)}${"]".repeat(20_000)}}`), /^is nested more than 96 levels deep$/);
  });
});

function nested(depth: number): unknown {
  return depth === 0 ? {} : { type: "array", items: nested(depth - 1) };
}

/** An object whose further members depend on the value of one. */
function conditions(count: number): unknown {
  const names = Array.from({ length: count }, (_, index) => `kind${index}`);
  return {
    type: "object",
    properties: { kind: { enum: [...names, "other"] } },
    required: ["kind"],
    allOf: names.map((name) => ({
      if: { properties: { kind: { const: name } } },
      then: { properties: { [name]: { type: "string" } }, required: [name] },
    })),
  };
}
