import assert from "node:assert/strict";
import fc from "fast-check";
import { END, TextCursor } from "../../../src/engine/output/text-cursor.js";

describe("text cursor", () => {
  it("gives each unit once for each time it is read, and settles in order, whatever is held and read again", () => {
    const step = fc.record({
      type: fc.constantFrom("push", "advance", "advance", "advance", "take", "rewind"),
      n: fc.nat(8),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const cursor = new TextCursor();
        let text = "";
        let settled = 0;
        let at = 0;
        for (const { type, n } of steps) {
          if (type === "push" && cursor.isDry) {
            const more = Array.from({ length: n }, (_, unit) =>
              String.fromCharCode(97 + ((text.length + unit) % 26)),
            ).join("");
            text += more;
            cursor.push(more);
          } else if (type === "advance" && !cursor.isDry) {
            assert.equal(cursor.unit, text.charCodeAt(at));
            cursor.advance();
            at += 1;
          } else if (type === "take") {
            const count = Math.min(n, at - settled);
            assert.equal(cursor.take(count), text.slice(settled, settled + count));
            settled += count;
          } else if (type === "rewind") {
            at = settled + Math.min(n, at - settled);
            cursor.rewind(at - settled);
          }
          assert.equal(cursor.isDry, at === text.length);
          assert.equal(cursor.held, at - settled);
          assert.equal(cursor.settled, settled);
          assert.equal(cursor.heldFrom(0), text.slice(settled, at));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("stands at the end once nothing more comes", () => {
    const cursor = new TextCursor();
    cursor.push("a");
    cursor.advance();
    assert.equal(cursor.isDry, true);
    cursor.end();
    assert.equal(cursor.isDry, false);
    assert.equal(cursor.unit, END);
  });

  it("keeps half a code point back", () => {
    const cursor = new TextCursor();
    cursor.push("a\ud83d");
    cursor.advance();
    cursor.advance();
    assert.equal(cursor.takeCodePoints(), "a");
    cursor.push("\ude00");
    cursor.advance();
    assert.equal(cursor.takeCodePoints(), "😀");
  });
});
