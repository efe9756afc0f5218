import assert from "node:assert/strict";
import fc from "fast-check";
import { GrammarProblem } from "../../../src/prepare/grammar/rules/grammar-node.js";
import { InputRefusal } from "../../../src/core/generation-error.js";
import { compileConstraint } from "./compile-now.js";
import { readGbnf } from "../../../src/prepare/grammar/gbnf/read-gbnf.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import type { RequestedConstraint } from "../../../src/core/generation-request.js";
import { Random } from "../../support/random.js";
import { assertRefuses } from "../refuses.js";
import { NativeGrammars } from "./native-grammars.js";
import { randomSchema } from "./random-schema.js";
import { Sentences } from "./sentences.js";

const bounds = { ...DEFAULT_GRAMMAR_BOUNDS, bytes: 1024 * 1024, rules: 20_000, symbols: 500_000 };
const FIELD = "chat.messages[1].content";

function continued(constraint: RequestedConstraint, text: string): string {
  return compileConstraint(constraint, bounds, { text, field: FIELD }).gbnf;
}

describe("the grammar of a continued answer", () => {
  let native: NativeGrammars;

  before(async () => {
    native = await NativeGrammars.load();
  });
  after(() => native[Symbol.asyncDispose]());

  it("allows what completes the text, wherever that ends, and nothing else", function () {
    this.timeout(120_000);
    fc.assert(
      fc.property(randomSchema, fc.nat(), (schema, seed) => {
        const constraint = { type: "json_schema", schema: JSON.stringify(schema) } as const;
        const whole = tryCompile(constraint);
        if (whole === undefined) return;
        const random = new Random(seed);
        const grammar = native.compile(whole);
        const sentences = new Sentences(readGbnf(whole, bounds), random);
        for (let number = 0; number < 3; number += 1) {
          const [one, other] = [sentences.next(), sentences.next()];
          const chars = Array.from(one);
          const at = Math.floor(random.below(chars.length + 1));
          const written = chars.slice(0, at).join("");
          const rest = native.compile(continued(constraint, written));
          assert.ok(rest.allows(chars.slice(at).join("")), `${written}|${one}`);
          const end = Array.from(other).slice(at).join("");
          assert.equal(rest.allows(end), grammar.allows(written + end), `${written}|${end}`);
        }
      }),
      { numRuns: 150 },
    );
  });

  function tryCompile(constraint: RequestedConstraint): string | undefined {
    try {
      return compileConstraint(constraint, bounds).gbnf;
    } catch (error) {
      assert.ok(error instanceof GrammarProblem, String(error));
      return undefined;
    }
  }

  it("goes on in each kind of constraint, and in a grammar whose rules refer to the root", () => {
    for (const [constraint, text, rest] of [
      [{ type: "choices", choices: ["red", "green", "grey"] }, "gre", "y"],
      [{ type: "json_object" }, '{"a": [1, ', "2]}"],
      [{ type: "regex", pattern: "[a-f]{2,4}-\\d+" }, "abc", "d-1"],
      [{ type: "gbnf", grammar: 'root ::= "(" (root | whole) ")"\nwhole ::= "x"{2,3}' }, "((x", "xx))"],
      [{ type: "choices", choices: ["red"] }, "red", ""],
    ] as const) {
      const grammar = native.compile(continued(constraint, text));
      assert.ok(grammar.allows(rest), `${constraint.type}: ${text}|${rest}`);
      assert.ok(!grammar.allows(`${rest}x`) && !grammar.allows(text + rest), constraint.type);
    }
  });

  it("counts the rounds of a repetition that the text has taken already", () => {
    const grammar = native.compile(continued({ type: "gbnf", grammar: 'root ::= [a-z]{2,4} "."' }, "ab"));
    for (const rest of [".", "c.", "cd."]) assert.ok(grammar.allows(rest), rest);
    assert.ok(!grammar.allows("cde."));
    assert.ok(!native.compile(continued({ type: "gbnf", grammar: 'root ::= [a-z]{2,4} "."' }, "a")).allows("."));
  });

  it("names the first character that no valid answer has there", () => {
    const schema = '{"type":"object","properties":{"city":{"enum":["Rome","Ulm"]}},"required":["city"]}';
    for (const [text, description] of [
      ['{"city": "Paris', /^is not the beginning of a valid answer: "P" is not allowed at character 11$/],
      ["Sure: {", /^is not the beginning of a valid answer: "S" is not allowed at character 1$/],
      ['{"city": "Ulm"} ', /" " is not allowed at character 16$/],
    ] as const) {
      assertRefuses(() => continued({ type: "json_schema", schema }, text), FIELD, description);
    }
    assert.throws(
      () =>
        compileConstraint(
          { type: "json_object" },
          { ...bounds, bytes: 100 },
          { text: `{"${"a".repeat(100)}`, field: FIELD },
        ),
      InputRefusal,
    );
  });
});
