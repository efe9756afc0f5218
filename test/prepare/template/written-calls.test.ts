import assert from "node:assert/strict";
import fc from "fast-check";
import type { CallSyntax, JsonTypeName, ParameterTypes } from "../../../src/core/call-syntax.js";
import { buildFromJson } from "../../../src/core/ordered-json.js";
import { writeCalls } from "../../../src/prepare/template/written-calls.js";
import { KNOWN_SYNTAXES, syntaxOf } from "../../engine/output/known-syntaxes.js";
import { formatOf, read } from "../../engine/output/read-output.js";
import { assertRefuses } from "../refuses.js";

const NAME = "get_time";
const plain = { hide: (text: string): string => text, field: "chat.messages[1].tool_calls" };

/** JSON without white space. Unlike JSON.stringify, it keeps what spells a number, and where a member stands. */
function compact(json: string): string {
  return buildFromJson<string>(json, {
    depth: 1_000,
    builder: {
      object: (members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`,
      array: (elements) => `[${elements.join(",")}]`,
      string: (text) => JSON.stringify(text),
      number: (literal) => literal,
      word: String,
    },
  });
}

const numbers = fc.oneof(
  fc.constantFrom("1.0", "1e400", "12345678901234567890", "-0", "-0.0", "0.10", "1E+2", "9007199254740993", "1"),
  fc.integer().map(String),
);
/** Text without the first characters of marks. */
const texts = fc
  .string({ unit: fc.oneof(fc.constantFrom("a", "0", " ", "\n", '"', "'", "\\", "{"), fc.string({ maxLength: 1 })) })
  .map((text) => JSON.stringify(text.replaceAll(/[<\]>|\r]/g, "-")));
const names = fc.constantFrom("b", "a", "10", "2", "0", "constructor", "a_1", "x-y");
const wordNames = fc.constantFrom("z", "b", "a", "a10", "a2", "constructor");

const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    numbers,
    texts,
    fc.constantFrom("true", "false", "null"),
    fc.array(tie("json"), { maxLength: 3 }).map((elements) => `[${elements.join(",")}]`),
    membersOf(names, tie("json")),
  ),
}));

function membersOf(keys: fc.Arbitrary<string>, values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc
    .uniqueArray(fc.tuple(keys, values), { selector: ([key]) => key, maxLength: 4 })
    .map((members) => `{${members.map(([key, value]) => `"${key}":${String(value)}`).join(",")}}`);
}

/** The types by which a reader knows texts from other values. */
function typesOf(args: string): ParameterTypes {
  const types = Object.entries(JSON.parse(args) as Record<string, unknown>).map(([key, value]) => [
    key,
    [typeOf(value)],
  ]);
  return { [NAME]: Object.fromEntries(types) as Record<string, JsonTypeName[]> };
}

function typeOf(value: unknown): JsonTypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonTypeName;
}

function written(args: string, syntax: CallSyntax): string {
  return writeCalls([{ id: "", name: NAME, arguments: args }], syntax, plain);
}

describe("writeCalls", () => {
  for (const [name, syntax] of KNOWN_SYNTAXES) {
    it(`keeps the order of members and the spelling of numbers from call to history and back in ${name}`, () => {
      // A call that looks like one of a programming language has words for keys.
      const keys = syntax.body.type === "literal" ? wordNames : names;
      fc.assert(
        fc.property(membersOf(keys, json), (args) => {
          const text = written(args, syntax);
          const wide = { maxArgumentBytes: 100_000, reasoning: undefined, parameterTypes: typesOf(args) };
          const [call] = read(formatOf([syntax], wide), text);
          assert.ok(call !== undefined && "name" in call, text);
          assert.equal(compact(call.arguments), args);
          assert.equal(written(compact(call.arguments), syntax), text);
        }),
        { numRuns: 60 },
      );
    });
  }

  it("writes numbers and members of a call as the caller did, also inside of values", () => {
    const args = '{"b": 1.0, "10": {"2": [1e400, 12345678901234567890], "1": -0.0}}';
    assert.match(written(args, syntaxOf("qwen3_coder")), /<parameter=b>\n1\.0\n/);
    assert.match(written(args, syntaxOf("qwen3_coder")), /\{"2":\[1e400,12345678901234567890\],"1":-0\.0\}/);
    const spelled = '{"b": 1.0, "a": {"2": [1e400, 12345678901234567890], "1": -0.0}}';
    assert.match(
      written(spelled, syntaxOf("pythonic")),
      /\(b=1\.0, a=\{"2": \[1e400, 12345678901234567890\], "1": -0\.0\}\)/,
    );
    assert.match(written(spelled, syntaxOf("gemma_4")), /b:1\.0, ?a:\{2:\[1e400, 12345678901234567890\], 1:-0\.0\}/);
  });

  it("refuses arguments that are nested too deep, by the field of the call", () => {
    const nested = (depth: number): string => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    for (const name of ["qwen3_coder", "pythonic", "gemma_4"]) {
      assert.ok(written(nested(127), syntaxOf(name)).includes("[".repeat(127)));
      for (const depth of [128, 100_000]) {
        assertRefuses(
          () => written(nested(depth), syntaxOf(name)),
          "chat.messages[1].tool_calls[0].arguments",
          /is nested more than 128 levels deep/,
        );
      }
    }
  });
});
