import assert from "node:assert/strict";
import fc from "fast-check";
import { wellFormedText } from "../../src/core/well-formed-text.js";

const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  maxLength: 200,
});

describe("Well-formed text", () => {
  it("is within its bound and can be sent, whatever it was made of", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 8, max: 300 }), (text, maxBytes) => {
        const safe = wellFormedText(text, maxBytes);
        assert.ok(Buffer.byteLength(safe) <= maxBytes);
        assert.equal(decodeURI(encodeURI(safe)), safe);
      }),
    );
  });

  it("is the text itself where that is well-formed and fits", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        const wellFormed = Buffer.from(text).toString();
        assert.equal(wellFormedText(wellFormed, 4 * wellFormed.length + 1), wellFormed);
      }),
    );
  });

  it("is cut between two code points and marked", () => {
    assert.equal(wellFormedText("grüße", 6), "gr…");
    assert.equal(wellFormedText("🌊🌊", 7), "🌊…");
    assert.equal(wellFormedText("a\ud800b", 10), "a\ufffdb");
  });
});
