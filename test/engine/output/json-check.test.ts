import assert from "node:assert/strict";
import fc from "fast-check";
import { isJsonObject, JsonCheck, MAX_JSON_DEPTH } from "../../../src/engine/output/json-check.js";

/** How much of a text is its first value. undefined: it begins with none, or with half of one. */
function valueLength(text: string): number | undefined {
  const check = new JsonCheck();
  for (let at = 0; at <= text.length; at++) {
    const progress = check.advance(at === text.length ? -1 : text.charCodeAt(at));
    if (progress === "wrong") return undefined;
    if (progress === "before") return at;
    if (progress === "end") return at + 1;
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const json = fc
  .tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, "\t"))
  .map(([value, indent]) => JSON.stringify(value, null, indent));
const nearlyJson = fc
  .tuple(
    json,
    fc.nat(),
    fc.nat({ max: 2 }),
    fc.constantFrom("", '"', "\\", "{", "]", ",", ":", "0", "-", ".", "e", "t", "\\u00e", "\n"),
  )
  .map(([text, at, dropped, put]) => {
    const position = at % (text.length + 1);
    return text.slice(0, position) + put + text.slice(position + dropped);
  });
const soup = fc
  .array(
    fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      '"',
      "\\",
      ":",
      ",",
      "a",
      "0",
      "1",
      "-",
      ".",
      "e",
      "E",
      "+",
      "true",
      "null",
      " ",
    ),
  )
  .map((parts) => parts.join(""));

describe("JSON check", () => {
  it("takes a value to its last unit, whatever follows", () => {
    fc.assert(
      fc.property(json, fc.constantFrom("", ",", "}", "]", " ", "\n", "x"), (text, next) => {
        fc.pre(!(next === "x" && /\d$/.test(text)));
        assert.equal(valueLength(text + next), text.length);
      }),
      { numRuns: 500 },
    );
  });

  it("takes as a whole what JSON.parse does, and nothing else", () => {
    fc.assert(
      fc.property(fc.oneof(json, nearlyJson, soup), (text) => {
        fc.pre(text.trim() === text);
        assert.equal(valueLength(text) === text.length, isJson(text));
        assert.equal(isJsonObject(text), text.startsWith("{") && isJson(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it("takes only so much nesting", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    assert.equal(valueLength(nested(MAX_JSON_DEPTH)), 2 * MAX_JSON_DEPTH);
    assert.equal(valueLength(nested(MAX_JSON_DEPTH + 1)), undefined);
  });

  it("takes no control characters in strings and no half escapes", () => {
    for (const wrong of ['"\n"', '"\\x"', '"\\u12"', '"\\u12g4"']) assert.equal(valueLength(wrong), undefined);
    assert.equal(valueLength('"\\ud800\u2028"'), 9);
  });
});
