import assert from "node:assert/strict";
import fc from "fast-check";
import { hideChar, showHidden } from "../../../src/prepare/jinja/hidden-chars.js";
import { type ControlToken, ControlTexts } from "../../../src/prepare/tokens/control-texts.js";

const token = (id: number, text: string, strips: Partial<ControlToken> = {}): ControlToken => ({
  id,
  text,
  stripsBefore: false,
  stripsAfter: false,
  ...strips,
});

describe("ControlTexts", () => {
  describe("split", () => {
    it("replaces each control text by its token", () => {
      const controls = new ControlTexts([token(1, "<s>"), token(2, "</s>")]);
      assert.deepEqual(controls.split("<s>one</s></s>two"), [1, "one", 2, 2, "two"]);
    });

    it("prefers the longer of two that begin at the same place", () => {
      const controls = new ControlTexts([token(1, "<a"), token(2, "<a>")]);
      assert.deepEqual(controls.split("<a><a"), [2, 1]);
    });

    it("reads the characters of a control text literally", () => {
      const controls = new ControlTexts([token(1, "[I.*]"), token(2, "<|(x)|>")]);
      assert.deepEqual(controls.split("[Iab][I.*]<|(x)|>"), ["[Iab]", 1, 2]);
    });

    it("drops the white space that a token takes along", () => {
      const controls = new ControlTexts([
        token(1, "<l>", { stripsBefore: true }),
        token(2, "<r>", { stripsAfter: true }),
      ]);
      assert.deepEqual(controls.split("a \n<l> b <r>\t c"), ["a", 1, " b ", 2, "c"]);
      assert.deepEqual(controls.split("<r> \n <l>"), [2, 1]);
    });

    it("leaves all text plain where the vocabulary has no control tokens", () => {
      assert.deepEqual(new ControlTexts([]).split("<s>"), ["<s>"]);
      assert.deepEqual(new ControlTexts([]).split(""), []);
    });

    it("leaves a token that one character spells as text", () => {
      assert.deepEqual(new ControlTexts([token(1, "x")]).split("axb"), ["axb"]);
    });
  });

  describe("breakUp", () => {
    const texts = ["<s>", "</s>", "aba", "<s><s>", "|>", "x<s"];
    const controls = new ControlTexts(texts.map((text, id) => token(id, text)));
    const mark = "\u{E000}7\u{E001}";
    const piece = fc.constantFrom(...texts, "a", "b", "<", ">", "s", "/", "|", "x", " ", "é", "🙂");
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));

    it("leaves no control text whole, not even one that the text around completes", () => {
      fc.assert(
        fc.property(
          text,
          text.filter((it) => it !== ""),
          text,
          (before, content, after) => {
            const broken = controls.breakUp(content, hideChar);
            assert.equal(broken.length, content.length);
            assert.equal(showHidden(broken), content);
            // In any surroundings, the result has the control tokens of the surroundings and no others.
            const around = [...controls.split(before), mark, ...controls.split(after)].filter(
              (it) => typeof it === "number",
            );
            const found = controls.split(before + broken + after).filter((it) => typeof it === "number");
            assert.deepEqual(found, around);
          },
        ),
        { numRuns: 2_000 },
      );
    });

    it("leaves text alone that has nothing to do with control texts", () => {
      assert.equal(controls.breakUp("  Hello, wörld.\n", hideChar), "  Hello, wörld.\n");
    });
  });
});
