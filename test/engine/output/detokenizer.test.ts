import assert from "node:assert/strict";
import fc from "fast-check";
import { Detokenizer } from "../../../src/engine/output/detokenizer.js";

describe("detokenizer", () => {
  it("holds a code point back until its last byte is in", () => {
    const detokenizer = new Detokenizer();
    const texts = [...Buffer.from("a😀b")].map((byte) => detokenizer.push(Uint8Array.of(byte)));
    assert.deepEqual(texts, ["a", "", "", "", "😀", "b"]);
    assert.equal(detokenizer.end(), false);
  });

  it("replaces bytes that can't become a code point", () => {
    const detokenizer = new Detokenizer();
    assert.equal(detokenizer.push(Uint8Array.of(0xe2, 0x82)), "");
    assert.equal(detokenizer.push(Uint8Array.of(0x41)), "\ufffdA");
    assert.equal(detokenizer.push(Uint8Array.of(0xff)), "\ufffd");
  });

  it("drops a code point that never became whole, and says so", () => {
    const detokenizer = new Detokenizer();
    assert.equal(detokenizer.push(Uint8Array.of(0x41, 0xf0, 0x9f)), "A");
    assert.equal(detokenizer.end(), true);
  });

  it("keeps a byte order mark, which is a character of the output like any other", () => {
    assert.equal(new Detokenizer().push(Buffer.from("\ufeffx")), "\ufeffx");
  });

  it("gives the same text however the bytes are split", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 6 })), (tokens) => {
        const split = new Detokenizer();
        const text = tokens.map((bytes) => split.push(bytes)).join("");
        const whole = new Detokenizer();
        assert.equal(text, whole.push(Buffer.concat(tokens)));
        assert.equal(split.end(), whole.end());
        assert.equal(Buffer.from(text).toString(), text, "a lone surrogate does not survive UTF-8");
      }),
    );
  });
});
