import assert from "node:assert/strict";
import fc from "fast-check";
import { StopFilter } from "../../../src/engine/output/piece-builder.js";

/** What came out after each push, the match after the last, and what the end released. */
function filtered(
  stops: readonly string[],
  pushes: readonly string[],
): { texts: string[]; match?: string; rest: string } {
  const filter = new StopFilter(stops);
  const results = pushes.map((text) => filter.push(text));
  const match = results.at(-1)?.match;
  return { texts: results.map(({ text }) => text), ...(match === undefined ? {} : { match }), rest: filter.end() };
}

/** The definition, by brute force: the first position at which a stop sequence is complete; the longest of those complete there. */
function cutByDefinition(stops: readonly string[], text: string): { text: string; match: string | undefined } {
  for (let end = 1; end <= text.length; end++) {
    const complete = stops.filter((stop) => stop !== "" && text.slice(0, end).endsWith(stop));
    const match = complete.sort((a, b) => b.length - a.length)[0];
    if (match !== undefined) return { text: text.slice(0, end - match.length), match };
  }
  return { text, match: undefined };
}

const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });

describe("stop filter", () => {
  it("lets everything pass where there is nothing to stop at", () => {
    assert.deepEqual(filtered([], ["ab", "c"]), { texts: ["ab", "c"], rest: "" });
  });

  it("holds back what could still become a stop sequence and releases it when it doesn't", () => {
    assert.deepEqual(filtered(["STOP"], ["a S", "TO", "x"]), { texts: ["a ", "", "STOx"], rest: "" });
  });

  it("cuts at a stop sequence spread over several pushes", () => {
    assert.deepEqual(filtered(["STOP"], ["a ST", "OP b"]), { texts: ["a ", ""], match: "STOP", rest: "" });
  });

  it("gives nothing after the match", () => {
    assert.deepEqual(filtered(["."], ["a.b", "c"]), { texts: ["a", ""], match: ".", rest: "" });
  });

  it("releases at the end what was held back in vain", () => {
    assert.deepEqual(filtered(["END"], ["the EN"]), { texts: ["the "], rest: "EN" });
  });

  it("takes the sequence that is complete first, the longest of those complete together", () => {
    assert.equal(filtered(["abcd", "bc"], ["abcd"]).match, "bc");
    assert.equal(filtered(["b", "ab"], ["ab"]).match, "ab");
  });

  it("sees a sequence that begins inside a failed one", () => {
    assert.deepEqual(filtered(["aab"], ["a", "a", "a", "b"]), { texts: ["", "", "a", ""], match: "aab", rest: "" });
  });

  it("cuts where the definition says, however the text is split", () => {
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 3 }), fc.array(letters), (stops, pushes) => {
        const { texts, match, rest } = filtered(stops, pushes);
        assert.deepEqual({ text: texts.join("") + rest, match }, cutByDefinition(stops, pushes.join("")));
      }),
      { numRuns: 2_000 },
    );
  });

  it("never holds back more than it must", () => {
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 3 }), letters, (stops, text) => {
        const filter = new StopFilter(stops);
        const { text: released, match } = filter.push(text);
        if (match !== undefined) return;
        const held = text.slice(released.length);
        const prefixes = stops.flatMap((stop) =>
          Array.from({ length: stop.length }, (_, length) => stop.slice(0, length)),
        );
        assert.ok(held === "" || prefixes.includes(held));
      }),
    );
  });
});
