import assert from "node:assert/strict";
import fc from "fast-check";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { type Grammar, GrammarProblem, ROOT_RULE } from "../../../src/prepare/grammar/rules/grammar-node.js";
import { compileConstraint } from "./compile-now.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { readGbnf } from "../../../src/prepare/grammar/gbnf/read-gbnf.js";
import { addExactMultiples } from "../../support/exact-multiples.js";
import { Random } from "../../support/random.js";
import { NativeGrammars } from "./native-grammars.js";
import { randomSchema } from "./random-schema.js";
import { Sentences } from "./sentences.js";

const SCHEMAS = 400;
const SENTENCES = 8;
const bounds = { ...DEFAULT_GRAMMAR_BOUNDS, bytes: 1024 * 1024, rules: 20_000, symbols: 500_000 };

describe("the grammar of a schema", () => {
  let native: NativeGrammars;

  before(async () => {
    native = await NativeGrammars.load();
  });
  after(() => native[Symbol.asyncDispose]());

  it("allows only what is valid, and llama.cpp reads it the same way", function () {
    this.timeout(120_000);
    let forced = 0;
    let refusedMutants = 0;
    fc.assert(
      fc.property(randomSchema, fc.nat(), (schema, seed) => {
        const text = JSON.stringify(schema);
        const held = tryCompile(text);
        if (held === undefined) return;
        forced += 1;
        const { gbnf, notHeld } = held;
        // A format beside an enumeration none of whose values has it is an annotation, and the grammar says that it is not held.
        const isFormatFree = notHeld.some(({ pointer }) => pointer.endsWith("/format"));
        const validate = createValidator(schema, { validateFormats: !isFormatFree });
        const grammar = readBack(gbnf);
        const compiled = native.compile(gbnf);
        const sentences = new Sentences(grammar, new Random(seed));
        const random = new Random(seed + 1);
        for (let number = 0; number < SENTENCES; number += 1) {
          const sentence = sentences.next();
          const value: unknown = JSON.parse(sentence);
          assert.ok(validate(value), `${sentence} is not valid for ${text}: ${JSON.stringify(validate.errors)}`);
          assert.ok(compiled.allows(sentence), `${sentence} is not allowed by ${gbnf}`);
          const mutant = mutate(sentence, random);
          if (isValid(validate, mutant)) continue;
          refusedMutants += 1;
          assert.ok(!compiled.allows(mutant), `${mutant} is allowed by ${gbnf}`);
        }
      }),
      { numRuns: SCHEMAS },
    );
    assert.ok(forced > SCHEMAS / 4, `only ${forced} schemas could be held`);
    assert.ok(refusedMutants > SCHEMAS, `only ${refusedMutants} mutants were not valid`);
  });

  function tryCompile(schema: string): ReturnType<typeof compileConstraint> | undefined {
    try {
      return compileConstraint({ type: "json_schema", schema }, bounds);
    } catch (error) {
      assert.ok(error instanceof GrammarProblem, String(error));
      return undefined;
    }
  }
});

function createValidator(schema: unknown, { validateFormats }: { validateFormats: boolean }): ValidateFunction {
  const formats = {
    date: isDate,
    time: (text: string) => isTime(text),
    "date-time": (text: string) => text[10] === "T" && isDate(text.slice(0, 10)) && isTime(text.slice(11)),
    uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  };
  return addExactMultiples(new Ajv2020({ strict: false, formats, validateFormats })).compile(schema as object);
}

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/.test(text);
}

/** The value after a round trip through JSON text. */
function readBack(gbnf: string): Grammar {
  const grammar = readGbnf(gbnf, bounds);
  assert.ok(grammar.has(ROOT_RULE));
  return grammar;
}

function mutate(sentence: string, random: Random): string {
  const chars = Array.from(sentence);
  const at = Math.floor(random.below(chars.length + 1));
  const other = random.pick(Array.from('"0129-.,:{}[]eab tn\\é'));
  const cut = Math.floor(random.below(3));
  return [...chars.slice(0, at), ...(random.next() < 0.7 ? [other] : []), ...chars.slice(at + cut)].join("");
}

function isValid(validate: ValidateFunction, text: string): boolean {
  try {
    return validate(JSON.parse(text));
  } catch {
    return false;
  }
}
