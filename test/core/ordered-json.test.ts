import assert from "node:assert/strict";
import fc from "fast-check";
import {
  JsonDepthError,
  JsonSyntaxError,
  membersOf,
  orderedObject,
  parseOrderedJson,
  writeOrderedJson,
} from "../../src/core/ordered-json.js";

const parse = (text: string): unknown => parseOrderedJson(text, { depth: 8 });

describe("parseOrderedJson", () => {
  it("parses what JSON.parse does, and writes the text back as it was", () => {
    const names = fc.oneof(fc.constantFrom("10", "2", "0", "01", "__proto__", "a"), fc.string({ unit: "grapheme" }));
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom("null", "true", "false", "0", "-1.5", "1000"),
        fc.string({ unit: "grapheme" }).map((text) => JSON.stringify(text)),
        fc.array(tie("json"), { maxLength: 3 }).map((elements) => `[${elements.join(",")}]`),
        fc
          .uniqueArray(fc.tuple(names, tie("json")), { selector: ([name]) => name, maxLength: 4 })
          .map(
            (members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${String(value)}`).join(",")}}`,
          ),
      ),
    }));
    fc.assert(
      fc.property(json, (text) => {
        assert.deepEqual(parse(text), JSON.parse(text));
        assert.equal(writeOrderedJson(parse(text)), text);
      }),
    );
  });

  it("keeps the last of two members with one name", () => {
    assert.deepEqual(membersOf(parse('{"7":1,"a":2,"7":3}') as Record<string, unknown>), [
      ["7", 3],
      ["a", 2],
    ]);
    assert.equal(
      writeOrderedJson(
        orderedObject([
          ["b", 1],
          ["1", 2],
        ]),
      ),
      '{"b":1,"1":2}',
    );
  });

  for (const [text, problem] of [
    ["", /^at line 1, column 1: expected a value, but the text ends$/],
    ['{\n"a" 1}', /^at line 2, column 5: expected ":" after the name of a member, but found "1"$/],
    ["[1 2]", /^at line 1, column 4: expected "," or "\]" after an element, but found "2"$/],
    ["{'a':1}", /^at line 1, column 2: expected the name of a member in double quotes, but found "'"$/],
    ['["a\n"]', /^at line 1, column 2: the string that begins here does not end, or contains a control character/],
    ["{} x", /^at line 1, column 4: expected the end of the text, but found "x"$/],
    ["[01]", /^at line 1, column 3: expected "," or "\]"/],
  ] as const) {
    it(`names the place of the error in ${JSON.stringify(text)}`, () =>
      assert.throws(
        () => parse(text),
        (error) => error instanceof JsonSyntaxError && problem.test(error.message),
      ));
  }

  it("stops at its depth", () => {
    assert.throws(() => parse("[".repeat(100_000)), JsonDepthError);
    parse("[".repeat(8) + "]".repeat(8));
  });
});
