import assert from "node:assert/strict";
import fc from "fast-check";
import type { Piece } from "../../../src/core/piece.js";
import { OutputReader } from "../../../src/engine/output/output-reader.js";
import { PieceBuilder } from "../../../src/engine/output/piece-builder.js";
import { LOOK, MARKED } from "../marked-format.js";

const PLAIN = { logprobs: undefined, tokenBytes: false };
/** So that a call's head is the same each time. */
const createId = (): string => "call";

function builderOf(stopSequences: readonly string[] = []): PieceBuilder {
  const reader = new OutputReader({ format: MARKED, maxCalls: 16, maxArgumentBytes: 10_000, createId });
  return new PieceBuilder({ reader, stopSequences, output: PLAIN });
}

/** Pieces of tokens that are numbered in their order. */
function build(tokens: readonly Uint8Array[], stopSequences: readonly string[] = []): readonly Piece[] {
  const builder = builderOf(stopSequences);
  const pieces: Piece[] = [];
  for (const [tokenId, bytes] of tokens.entries()) {
    builder.push(tokenId, bytes);
    if (builder.match !== undefined) break;
    for (let piece = builder.take(); piece !== undefined; piece = builder.take()) pieces.push(piece);
  }
  return [...pieces, ...builder.end().pieces];
}

const tokensOf = (...texts: readonly string[]): Uint8Array[] => texts.map((text) => Buffer.from(text));

/** What was said, whatever pieces it came in. */
function said(pieces: readonly Piece[]): readonly unknown[] {
  const stretches: { kind: string; text: string; head?: unknown }[] = [];
  for (const { text, channel = "answer", call } of pieces) {
    const kind = call === undefined ? channel : `call ${call.index}`;
    const last = stretches.at(-1);
    const added = call?.arguments ?? text;
    if (last?.kind === kind) last.text += added;
    else if (added !== "" || call !== undefined) stretches.push({ kind, text: added, head: call?.head });
  }
  return stretches;
}

const brief = (pieces: readonly Piece[]): unknown[] =>
  pieces.map(({ text, channel = "answer", call, tokenIds }) => [call?.arguments ?? text, channel, tokenIds]);

describe("piece builder, of marked output", () => {
  it("puts text on its channel, and markup with what follows it", () => {
    const pieces = build(tokensOf("<think>", "hm", "m</th", "ink>", "\n", "yes", "."));
    assert.deepEqual(brief(pieces), [
      ["hm", "reasoning", [0, 1]],
      ["m", "reasoning", [2]],
      ["yes", "answer", [3, 4, 5]],
      [".", "answer", [6]],
    ]);
  });

  it("makes several pieces of one token, which is in the first of them", () => {
    const pieces = build(tokensOf("<think>why</think>so", "."));
    assert.deepEqual(brief(pieces), [
      ["why", "reasoning", [0]],
      ["so", "answer", []],
      [".", "answer", [1]],
    ]);
  });

  it("makes fragments of calls, and counts all that is to be sent of them", () => {
    const pieces = build(tokensOf("So: ", LOOK.slice(0, 60), LOOK.slice(60), " Done"));
    const fragments = pieces.flatMap(({ text, call, textBytes }) =>
      call === undefined ? [] : [{ text, call, textBytes }],
    );
    const [first, ...others] = fragments.map(({ call }) => call);
    assert.deepEqual(first?.head, { id: "call", name: "look" });
    assert.ok(others.every(({ head }) => head === undefined));
    assert.equal(fragments[0]?.textBytes, first.arguments.length + "calllook".length);
    assert.ok(fragments.every(({ text }) => text === ""));
    assert.deepEqual(
      said(pieces).map((stretch) => (stretch as { text: string }).text),
      ["So: ", '{"at": "a </b> \\"c\\""}', " Done"],
    );
  });

  it("lets tokens without text go at last, and when there are many of them", () => {
    const pieces = build([...tokensOf("a"), ...Array.from({ length: 20 }, () => new Uint8Array()), ...tokensOf("b")]);
    assert.deepEqual(
      pieces.map(({ text, tokenIds }) => [text, tokenIds.length]),
      [
        ["a", 1],
        ["", 16],
        ["b", 5],
      ],
    );
    assert.deepEqual(brief(build(tokensOf("a", "<think>"))).at(-1), ["", "reasoning", [1]]);
  });

  it("looks for stop sequences in the answer alone", () => {
    const stops = ["</b>", "why"];
    const pieces = build(tokensOf("<think>why</think>", "so", LOOK, "and ", "w", "h", "y not"), stops);
    assert.deepEqual(said(pieces), [
      { kind: "reasoning", text: "why", head: undefined },
      { kind: "answer", text: "so", head: undefined },
      { kind: "call 0", text: '{"at": "a </b> \\"c\\""}', head: { id: "call", name: "look" } },
      { kind: "answer", text: "and ", head: undefined },
    ]);
  });

  it("does not find a stop sequence across a call, and lets what was held back for it go before", () => {
    const pieces = build(tokensOf("a s", LOOK, "top"), ["stop"]);
    assert.deepEqual(
      said(pieces).map((stretch) => (stretch as { text: string }).text),
      ["a s", '{"at": "a </b> \\"c\\""}', "top"],
    );
  });

  it("says the same however the output was split, with every token in one piece, in order", () => {
    const word = fc.constantFrom(
      "a",
      "é",
      "€ ",
      "<",
      "</",
      "stop",
      "<think>",
      "</think>",
      LOOK,
      '{"name": "look"',
      "\n",
    );
    const output = fc.array(word, { maxLength: 12 }).map((words) => Buffer.from(words.join("")));
    const stops = fc.subarray(["stop", "é€", "a<"]);
    fc.assert(
      fc.property(output, fc.array(fc.nat({ max: 12 }), { maxLength: 60 }), stops, (bytes, sizes, stopSequences) => {
        const tokens: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) tokens.push(bytes.subarray(at, (at += size)));
        tokens.push(bytes.subarray(at));
        const pieces = build(tokens, stopSequences);
        assert.deepEqual(said(pieces), said(build([bytes], stopSequences)));
        const tokenIds = pieces.flatMap((piece) => [...piece.tokenIds]);
        assert.deepEqual(
          tokenIds,
          tokenIds.map((_, index) => index),
        );
        if (stopSequences.length === 0) assert.equal(tokenIds.length, tokens.length);
        assert.ok(pieces.every(({ text }) => Buffer.from(text).toString() === text));
      }),
      { numRuns: 400 },
    );
  });
});
