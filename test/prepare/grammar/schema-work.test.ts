import assert from "node:assert/strict";
import { compileConstraint, compileHeldCalls } from "./compile-now.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { isAmong } from "../../../src/prepare/grammar/schema/plain-schema.js";
import { SchemaWork } from "../../../src/prepare/grammar/schema/schema-work.js";
import { syntaxOf } from "../../engine/output/known-syntaxes.js";
import { assertProblem } from "./grammar-problems.js";

const listsOf = (count: number): number[][] => Array.from({ length: count }, (_, index) => [index]);

/** The keywords not held of the arguments of calls that may follow. */
function notHeldOf(patterns: readonly string[], rules = DEFAULT_GRAMMAR_BOUNDS.rules): readonly string[] {
  const tools = patterns.map((pattern, index) => ({
    name: `tool${index}`,
    description: "",
    parameters: JSON.stringify({ type: "object", properties: { text: { type: "string", pattern } } }),
  }));
  const bounds = { ...DEFAULT_GRAMMAR_BOUNDS, rules, strict: false };
  const use = { tools, choice: { type: "auto" }, parallel: false } as const;
  return compileHeldCalls(use, [syntaxOf("tool_call")], bounds).notHeld.map(({ description }) => description);
}

describe("the work that the schemas of a request take", () => {
  it("reads each listed value once, however often lists are compared", () => {
    let reads = 0;
    const counted = (value: number): readonly unknown[] =>
      Object.defineProperty([], 0, { enumerable: true, get: () => ((reads += 1), value) });
    const list = Array.from({ length: 50 }, (_, index) => counted(index));
    const others = Array.from({ length: 50 }, (_, index) => counted(index + 25));
    for (let round = 0; round < 3; round++) {
      assert.equal(others.filter((value) => isAmong(list, value)).length, 25);
      assert.equal(list.filter((value) => isAmong(others, value)).length, 25);
    }
    assert.equal(reads, 100);
  });

  it("counts the values of lists that are checked again for each branch", () => {
    const branches = Array.from({ length: 60 }, (_, index) => ({
      properties: { p: { minItems: index % 2 }, [`q${index}`]: {} },
    }));
    const schema = { type: "object", properties: { p: { enum: listsOf(4_000) } }, anyOf: branches };
    const compile = (): unknown =>
      compileConstraint({ type: "json_schema", schema: JSON.stringify(schema) }, DEFAULT_GRAMMAR_BOUNDS);
    assertProblem(compile, /: more than 30000 schemas, .* and 8 listed values as one$/);
  });

  it("compiles a pattern or refuses it once", () => {
    const work = new SchemaWork();
    assert.equal(work.languageOf("^a$"), work.languageOf("^a$"));
    const problemOf = (): unknown => {
      try {
        return work.languageOf("(b)\\1");
      } catch (error) {
        return error;
      }
    };
    const problem = problemOf();
    assert.match(String(problem), /backreference/);
    assert.equal(problemOf(), problem);
  });

  it("is counted over all tools, so that the patterns of the last ones may not be held", () => {
    const notHeld = notHeldOf(Array.from({ length: 16 }, (_, index) => `(a|b)*a(a|b){10}c_${index}`));
    assert.ok(notHeld.length > 4 && notHeld.length < 16, String(notHeld.length));
    assert.match(notHeld.at(-1) ?? "", /steps to compile, counted over all patterns of the request/);
  });

  it("is not spent again where the largest tools are freed", () => {
    const notHeld = notHeldOf(
      Array.from({ length: 24 }, (_, index) => `(a|b)*a(a|b){8}c_${index}`),
      1_500,
    );
    assert.equal(notHeld.length, 13);
    for (const description of notHeld) assert.match(description, /^the arguments are any object, because the grammar/);
  });
});
