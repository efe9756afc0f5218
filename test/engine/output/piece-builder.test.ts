import assert from "node:assert/strict";
import fc from "fast-check";
import type { Piece } from "../../../src/core/piece.js";
import { Detokenizer, MAX_WITHHELD_TOKENS, PieceBuilder } from "../../../src/engine/output/piece-builder.js";

const TEXT_ALONE = { logprobs: undefined, tokenBytes: false };

/** Pushes each text as a token with the ids 1, 2, 3 …; the pieces, then what the end gave. */
function build(
  stops: readonly string[],
  tokens: readonly (string | Uint8Array)[],
): { pieces: Piece[]; last: Piece | undefined } {
  const builder = new PieceBuilder({ stopSequences: stops, output: TEXT_ALONE });
  const pieces: Piece[] = [];
  for (const [index, token] of tokens.entries()) {
    builder.push(index + 1, typeof token === "string" ? Buffer.from(token) : token);
    if (builder.match !== undefined) break;
    const piece = builder.take();
    if (piece !== undefined) pieces.push(piece);
  }
  return { pieces, last: builder.end().pieces[0] };
}

const brief = (pieces: readonly Piece[]): [string, readonly number[]][] =>
  pieces.map(({ text, tokenIds }) => [text, tokenIds]);

describe("piece builder", () => {
  it("makes one piece of each token that has text", () => {
    const { pieces, last } = build([], ["He", "llo"]);
    assert.deepEqual(pieces, [
      { text: "He", textBytes: 2, tokenIds: [1] },
      { text: "llo", textBytes: 3, tokenIds: [2] },
    ]);
    assert.equal(last, undefined);
  });

  it("counts bytes of UTF-8, not units", () => {
    assert.equal(build([], ["é😀"]).pieces[0]?.textBytes, 6);
  });

  it("keeps the tokens of one code point together", () => {
    const tokens = [...Buffer.from("€")].map((byte) => Uint8Array.of(byte));
    assert.deepEqual(brief(build([], ["a", ...tokens, "b"]).pieces), [
      ["a", [1]],
      ["€", [2, 3, 4]],
      ["b", [5]],
    ]);
  });

  it("holds tokens back with their text and sends them out with it", () => {
    assert.deepEqual(brief(build(["STOP"], ["x", "S", "T", "y"]).pieces), [
      ["x", [1]],
      ["STy", [2, 3, 4]],
    ]);
  });

  it("sends a token whose text is partly certain, and keeps the one after it", () => {
    const { pieces, last } = build(["END"], ["xE", "N"]);
    assert.deepEqual(brief(pieces), [["x", [1]]]);
    assert.deepEqual(last, { text: "EN", textBytes: 2, tokenIds: [2] });
  });

  it("never sends text without a token before the end", () => {
    assert.deepEqual(brief(build(["END"], ["xE", "EN", "q"]).pieces), [
      ["x", [1]],
      ["E", [2]],
      ["ENq", [3]],
    ]);
  });

  it("sends tokens without text once there are enough of them", () => {
    const { pieces, last } = build([], Array<string>(MAX_WITHHELD_TOKENS + 1).fill(""));
    assert.deepEqual(
      pieces.map(({ text, tokenIds }) => [text, tokenIds.length]),
      [["", MAX_WITHHELD_TOKENS]],
    );
    assert.deepEqual(last?.tokenIds, [MAX_WITHHELD_TOKENS + 1]);
  });

  it("gives the tokens of a stop sequence a last piece without its text", () => {
    const { pieces, last } = build(["STOP"], ["a ST", "OP", "never"]);
    assert.deepEqual(brief(pieces), [["a ", [1]]]);
    assert.deepEqual(last, { text: "", textBytes: 0, tokenIds: [2] });
  });

  it("says when the output ended inside a code point, unless a stop sequence came first", () => {
    const cut = new PieceBuilder({ stopSequences: [], output: TEXT_ALONE });
    cut.push(1, Uint8Array.of(0x41, 0xe2, 0x82));
    assert.deepEqual(cut.end(), { pieces: [{ text: "A", textBytes: 1, tokenIds: [1] }], incompleteText: true });
    const stopped = new PieceBuilder({ stopSequences: ["A"], output: TEXT_ALONE });
    stopped.push(1, Uint8Array.of(0x41, 0xe2, 0x82));
    assert.equal(stopped.end().incompleteText, false);
  });

  it("puts every token in exactly one piece, in order", () => {
    const token = fc.uint8Array({ maxLength: 5, max: 0xff });
    const stop = fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(stop, { maxLength: 3 }), fc.array(token, { maxLength: 60 }), (stops, tokens) => {
        const { pieces, last } = build(stops, tokens);
        const all = last === undefined ? pieces : [...pieces, last];
        const tokenIds = all.flatMap((piece) => [...piece.tokenIds]);
        assert.deepEqual(
          tokenIds,
          Array.from({ length: tokenIds.length }, (_, index) => index + 1),
        );
        assert.ok(pieces.every((piece) => piece.tokenIds.length > 0));
        if (last?.text !== undefined && !stops.length) assert.equal(tokenIds.length, tokens.length);
      }),
    );
  });

  it("gives each token's score and bytes along with its id, also where they were held back", () => {
    const token = fc.uint8Array({ maxLength: 3 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 }), {
      maxLength: 2,
    });
    fc.assert(
      fc.property(stops, fc.array(token, { maxLength: 40 }), (stopSequences, tokens) => {
        const builder = new PieceBuilder({ stopSequences, output: { logprobs: 1, tokenBytes: true } });
        const pieces: Piece[] = [];
        for (const [tokenId, bytes] of tokens.entries()) {
          builder.push(tokenId, bytes, { logprob: -tokenId, top: [{ tokenId: tokenId + 1, logprob: -1 }] });
          if (builder.match !== undefined) break;
          pieces.push(...[builder.take()].filter((piece) => piece !== undefined));
        }
        pieces.push(...builder.end().pieces);
        for (const { tokenIds, scores, tokenBytes } of pieces) {
          const top = tokenIds.map((tokenId) => [{ tokenId: tokenId + 1, logprob: -1 }]);
          const expected = tokenIds.map((tokenId, index) => ({ logprob: -tokenId, top: top[index] }));
          assert.deepEqual(scores, expected);
          assert.deepEqual(
            tokenBytes,
            tokenIds.map((tokenId) => tokens[tokenId]),
          );
        }
      }),
    );
  });

  it("copies no more than a token's own bytes", () => {
    const builder = new PieceBuilder({ stopSequences: [], output: { logprobs: undefined, tokenBytes: true } });
    builder.push(1, new Uint8Array(new ArrayBuffer(4_096), 10, 1));
    assert.equal(builder.end().pieces[0]?.tokenBytes?.[0]?.buffer.byteLength, 1);
  });

  it("does not let a token go without the score that was asked for", () => {
    const builder = new PieceBuilder({ stopSequences: [], output: { logprobs: 0, tokenBytes: false } });
    builder.push(1, Uint8Array.of(65));
    assert.throws(() => builder.take(), /token 1 has no score/);
  });
});

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
