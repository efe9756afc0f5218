import assert from "node:assert/strict";
import fc from "fast-check";
import type { Piece } from "../../../src/core/piece.js";
import { toOutputEvent, toOutputRuns, toWholeOutput } from "../../../src/generation/output/output-events.js";

const OUTPUT = { tokenIds: true, timings: false, usageOnEveryChunk: false, logprobs: undefined, tokenBytes: false };
const NOW = {
  output: OUTPUT,
  elapsedMs: 0,
  usage: { inputTokens: 1, reusedInputTokens: 0, outputTokens: 0, deliveredTokens: 0 },
};

/** Pieces as the engine posts them: each of a channel, or of the call that its index names; some without text. */
const piecesOf = fc
  .array(
    fc.record({
      kind: fc.integer({ min: 0, max: 4 }),
      text: fc.constantFrom("", "a", "bc"),
      length: fc.nat({ max: 2 }),
    }),
    {
      maxLength: 30,
    },
  )
  .map((drawn) =>
    drawn.map(({ kind, text, length }, place): Piece => {
      const tokenIds = Array.from({ length }, (_, index) => place * 10 + index);
      if (kind >= 2) return { text: "", textBytes: text.length, tokenIds, call: { index: kind - 2, arguments: text } };
      return { text, textBytes: text.length, tokenIds, channel: kind === 0 ? "answer" : "reasoning" };
    }),
  );

const saysSomething = ({ text, call }: Piece): boolean => text !== "" || call !== undefined;
const kindOf = ({ call, channel }: Piece): string =>
  call === undefined ? (channel ?? "answer") : `call ${call.index}`;

describe("The messages that pieces go into", () => {
  it("hold all of them in order, one kind each, and never two in a row of one kind", () => {
    fc.assert(
      fc.property(piecesOf, (pieces) => {
        const runs = toOutputRuns(pieces);
        assert.deepEqual(
          runs.flatMap((run) => run.pieces),
          pieces,
        );
        const kinds = runs.map((run) => [...new Set(run.pieces.filter(saysSomething).map(kindOf))]);
        for (const own of kinds) assert.ok(own.length <= 1, own.join());
        for (const [index, own] of kinds.entries()) {
          if (index > 0) assert.ok(own.length === 1 && own[0] !== kinds[index - 1]?.[0], kinds.join("|"));
        }
      }),
    );
  });

  it("count the tokens through", () => {
    fc.assert(
      fc.property(piecesOf, (pieces) => {
        const messages = toWholeOutput(pieces, NOW);
        let tokens = 0;
        for (const event of messages) assert.equal(event.outputTokens, (tokens += event.tokenCount));
        assert.deepEqual(
          messages.flatMap((event) => event.tokenIds),
          pieces.flatMap(({ tokenIds }) => tokenIds),
        );
      }),
    );
  });

  it("say a call's id and name in its first part alone", () => {
    const first = {
      text: "",
      textBytes: 1,
      tokenIds: [1],
      call: { index: 0, head: { id: "c", name: "f" }, arguments: "{" },
    };
    const second = { text: "", textBytes: 1, tokenIds: [2], call: { index: 0, arguments: "}" } };
    const [one, two] = [[first, second], [second]].map((pieces) =>
      toOutputEvent({ kind: { type: "call", index: 0 }, pieces }, 0, NOW),
    );
    assert.ok(one?.type === "tool_call" && two?.type === "tool_call");
    assert.deepEqual([one.head, one.arguments], [{ id: "c", name: "f" }, "{}"]);
    assert.deepEqual([two.head, two.arguments], [undefined, "}"]);
  });

  it("have no text in the middle of a call, even where only tokens without text wait", () => {
    const silent = { text: "", textBytes: 0, tokenIds: [3] };
    const [run, ...others] = toOutputRuns([silent, silent], { type: "call", index: 2 });
    assert.deepEqual(others, []);
    assert.deepEqual(run?.kind, { type: "call", index: 2 });
  });
});
