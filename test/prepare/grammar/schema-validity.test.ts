import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { compileConstraint } from "./compile-now.js";
import { readGbnf } from "../../../src/prepare/grammar/gbnf/read-gbnf.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { addExactMultiples } from "../../support/exact-multiples.js";
import { Random } from "../../support/random.js";
import { assertProblem } from "./grammar-problems.js";
import { Sentences } from "./sentences.js";

const OUTPUTS = 200;
const I = { type: "integer" };
const WITH_A = { properties: { a: I }, required: ["a"] };
const WITH_B = { properties: { b: I }, required: ["b"] };
const WITH_C = { properties: { c: I }, required: ["c"] };

const compile = (schema: unknown): ReturnType<typeof compileConstraint> =>
  compileConstraint({ type: "json_schema", schema: JSON.stringify(schema) }, DEFAULT_GRAMMAR_BOUNDS);

describe("a schema whose keywords meet", () => {
  const held: readonly (readonly [title: string, schema: unknown])[] = [
    ["a pattern that is excluded leaves strings alone", { type: ["integer", "string"], not: { pattern: "^a" } }],
    ["a pattern that is excluded leaves strings without a type too", { not: { pattern: "x" } }],
    [
      "a pattern that is excluded together with other keywords",
      { type: ["integer", "string"], not: { pattern: "^a", minLength: 2 } },
    ],
    [
      "a pattern as a condition holds for numbers",
      { type: ["number", "string"], if: { pattern: "^a" }, then: { type: "string" }, else: { minLength: 2 } },
    ],
    [
      "a pattern in oneOf holds for numbers",
      { oneOf: [{ type: ["integer", "string"] }, { pattern: "^a", type: ["string", "integer"] }] },
    ],
    [
      "a reference to values is excluded",
      { type: "string", not: { $ref: "#/$defs/reserved" }, $defs: { reserved: { enum: ["a", "b"] } } },
    ],
    [
      "anyOf adds members to the branches of oneOf",
      { type: "object", allOf: [{ oneOf: [WITH_A, WITH_B] }], anyOf: [WITH_B] },
    ],
    [
      "dependentSchemas adds members to the branches of oneOf",
      { type: "object", allOf: [{ oneOf: [WITH_A, WITH_B] }], dependentSchemas: { a: WITH_B } },
    ],
    ["a bound beyond the exact integers holds", { type: "number", maximum: 1e20 }],
    ["two bounds beyond the exact integers hold", { type: "number", minimum: -1e20, exclusiveMaximum: 1e16 }],
    [
      "unevaluated members are those of dependentSchemas that do not apply",
      {
        type: "object",
        properties: { a: I },
        dependentSchemas: { a: WITH_B },
        unevaluatedProperties: false,
      },
    ],
    [
      "a format of names leaves other described names out",
      { type: "object", propertyNames: { format: "date" }, properties: { x: I, "2020-01-01": I } },
    ],
    ["a format leaves values out", { allOf: [{ format: "date" }, { enum: ["x", "2020-01-01"] }] }],
  ];
  for (const [title, schema] of held) {
    it(`has only valid outputs: ${title}`, () => {
      const { gbnf, notHeld } = compile(schema);
      assert.deepEqual(notHeld, []);
      const validate = addFormats.default(addExactMultiples(new Ajv2020({ strict: false }))).compile(schema as object);
      const grammar = readGbnf(gbnf, DEFAULT_GRAMMAR_BOUNDS);
      for (let seed = 1; seed <= OUTPUTS; seed += 1) {
        const output = new Sentences(grammar, new Random(seed)).next();
        assert.ok(validate(JSON.parse(output)), `${output}: ${JSON.stringify(validate.errors)}`);
      }
    });
  }

  it("is refused where a required name may not have the format of names", () => {
    assertProblem(
      () => compile({ type: "object", propertyNames: { format: "date" }, ...WITH_A }),
      /^at \/required: "propertyNames" does not allow "a"$/,
    );
  });

  it("is refused where the branches of two oneOf cannot be told apart", () => {
    assertProblem(
      () => compile({ type: "object", allOf: [{ oneOf: [WITH_A, WITH_B] }, { oneOf: [WITH_C, WITH_B] }] }),
      /^can be parsed in too many ways to be checked$/,
    );
  });

  it("is refused where its numbers need too many digits", () => {
    for (const bounds of [{ minimum: 1e15, maximum: 2e15 }, { maximum: -1e15 }]) {
      assertProblem(
        () => compile({ type: "number", ...bounds }),
        /^at its root: the numbers within its bounds have more digits before the point than the supported 15$/,
      );
    }
  });

  it("lists a format of integers that stands at a number", () => {
    assert.deepEqual(
      compile({ type: "number", format: "int32" }).notHeld.map(({ pointer }) => pointer),
      ["/format"],
    );
  });
});
