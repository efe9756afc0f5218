import assert from "node:assert/strict";
import { TokenBytes, type TokenKind } from "../../../src/engine/llama/token-bytes.js";
import { TURN_END_TOKEN } from "../../support/tiny-vocabulary.js";
import { ScriptedEngine } from "../../support/scripted-engine.js";

function table(
  encoding: "byte_level" | "sentence_piece",
  tokens: readonly (readonly [string, TokenKind])[],
): TokenBytes {
  return new TokenBytes({
    encoding,
    tokens: tokens.map(([token]) => token),
    kindOf: (id) => tokens[id]?.[1] ?? "none",
  });
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe("token bytes", () => {
  it("undo GPT-2's stand-ins for bytes", () => {
    const bytes = table("byte_level", [
      ["ĠHello", "normal"],
      ["Ċ", "normal"],
      ["ðŁĺĢ", "normal"],
      ["â", "normal"],
    ]);
    assert.equal(textOf(bytes.of(0)), " Hello");
    assert.equal(textOf(bytes.of(1)), "\n");
    assert.equal(textOf(bytes.of(2)), "😀");
    assert.deepEqual([...bytes.of(3)], [0xe2]);
  });

  it("undo SentencePiece's marks", () => {
    const bytes = table("sentence_piece", [
      ["▁the▁cat", "normal"],
      ["<0xE2>", "byte"],
      ["naïve", "normal"],
    ]);
    assert.equal(textOf(bytes.of(0)), " the cat");
    assert.deepEqual([...bytes.of(1)], [0xe2]);
    assert.equal(textOf(bytes.of(2)), "naïve");
  });

  it("take a token that users defined as it stands, and give control tokens none", () => {
    const bytes = table("byte_level", [
      ["<|end|>", "none"],
      ["  Ġ", "verbatim"],
      ["a", "normal"],
    ]);
    assert.equal(bytes.of(0).length, 0);
    assert.equal(textOf(bytes.of(1)), "  Ġ");
    assert.equal(textOf(bytes.of(2)), "a");
    assert.equal(bytes.of(3).length, 0);
  });

  it("of the scripted vocabulary are the id itself up to 255", () => {
    const engine = new ScriptedEngine();
    for (let byte = 0; byte < 256; byte++) assert.deepEqual([...engine.tokenBytes(byte)], [byte]);
    assert.equal(engine.tokenBytes(TURN_END_TOKEN).length, 0);
    assert.equal(textOf(engine.tokenBytes(261)), " the");
  });
});
