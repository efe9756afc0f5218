import assert from "node:assert/strict";
import type { Sampling } from "../../src/core/generation-request.js";
import { type Engine, EngineFault, type SampledToken } from "../../src/engine/engine.js";
import { decodeGreedily, prompt, pull, pullAll, sequenceAt } from "./engine-contract.js";
import { GREEDY } from "./loop-harness.js";

const CHOICES = 'root ::= "yes, it is" | "no, it is not"';

/** The output of a run under a grammar, up to the end of generation. @param draftOf the draft of each pull */
async function holdToGrammar(
  engine: Engine,
  gbnf: string,
  { sampling = GREEDY, draftOf = () => [] }: { sampling?: Sampling; draftOf?: (text: string) => number[] } = {},
): Promise<{ text: string; ends: (boolean | undefined)[] }> {
  const sequence = sequenceAt(engine, 0);
  await sequence.trim(0);
  const grammar = engine.beginGrammar(gbnf);
  const decoder = engine.openDecoder({ sequence, tokenIds: prompt, sampling, grammar });
  let text = "";
  const ends: (boolean | undefined)[] = [];
  for (let pulls = 0; pulls < 64; pulls++) {
    for (const { tokenId, mayEnd } of await pullAll(engine, decoder, draftOf(text))) {
      if (engine.isEndOfGeneration(tokenId)) {
        decoder.close();
        return { text, ends };
      }
      text += Buffer.from(engine.tokenBytes(tokenId)).toString();
      ends.push(mayEnd);
    }
  }
  throw new Error(`the grammar does not end: ${text}`);
}

/** What holds of grammars in every engine. @param engine as for the engine contract */
export function describeGrammarContract(name: string, engine: () => Engine): void {
  describe(`grammar contract: ${name}`, () => {
    it("samples nothing but what a grammar allows, and the end where it is complete", async () => {
      for (const sampling of [GREEDY, { ...GREEDY, temperature: 5, topK: 0, topP: 1, minP: 0, seed: 3 }]) {
        const { text, ends } = await holdToGrammar(engine(), CHOICES, { sampling });
        assert.ok(["yes, it is", "no, it is not"].includes(text), text);
        assert.ok(ends.slice(0, -1).every((mayEnd) => mayEnd !== true));
        assert.ok(ends.at(-1) !== false, "it may end after the last");
      }
    });

    it("says, if it can, that a grammar could end before it does", async () => {
      const { text, ends } = await holdToGrammar(engine(), 'root ::= "no" | "nonono"');
      const told = ends.filter((mayEnd) => mayEnd !== undefined);
      if (told.length > 0) assert.equal(told.filter(Boolean).length, text === "no" ? 1 : 2);
    });

    it("holds to the grammar whatever is drafted, and goes on in it after drafts that were wrong", async () => {
      const plain = await holdToGrammar(engine(), CHOICES);
      const letters = (text: string): number[] => [...Buffer.from(text)];
      for (const draftOf of [
        (text: string) => letters(plain.text.slice(text.length, text.length + 3)),
        () => letters("zzz"),
        (text: string) => letters(`${plain.text.slice(text.length, text.length + 1)}zz`),
      ]) {
        assert.equal((await holdToGrammar(engine(), CHOICES, { draftOf })).text, plain.text);
      }
    });

    it("goes on in a grammar with another decoder, in another sequence", async () => {
      const { text: expected } = await holdToGrammar(engine(), CHOICES);
      const grammar = engine().beginGrammar(CHOICES);
      const output: number[] = [];
      for (let index = 0, ended = false; !ended; index++) {
        const sequence = sequenceAt(engine(), index % 2);
        await sequence.trim(0);
        const tokenIds = Uint32Array.from([...prompt, ...output]);
        const decoder = engine().openDecoder({ sequence, tokenIds, outputTokens: output, sampling: GREEDY, grammar });
        for (let pulls = 0; pulls < 2 && !ended; pulls++) {
          const tokenId = await pull(engine(), decoder);
          ended = engine().isEndOfGeneration(tokenId);
          if (!ended) output.push(tokenId);
        }
        decoder.close();
      }
      assert.equal(output.map((tokenId) => Buffer.from(engine().tokenBytes(tokenId)).toString()).join(""), expected);
    });

    it("begins a grammar inside a text that it allows, and in no other", async () => {
      const gbnf = 'root ::= "yes, it is" | "no, it is not"';
      for (const [written, rest] of [
        ["no, it", " is not"],
        ["no, it is not", ""],
      ] as const) {
        const sequence = sequenceAt(engine(), 0);
        await sequence.trim(0);
        const grammar = engine().beginGrammar(gbnf, { written: Buffer.from(written) });
        assert.ok(grammar !== undefined, written);
        const decoder = engine().openDecoder({ sequence, tokenIds: prompt, sampling: GREEDY, grammar });
        let text = "";
        for (let tokenId = await pull(engine(), decoder); !engine().isEndOfGeneration(tokenId);) {
          text += Buffer.from(engine().tokenBytes(tokenId)).toString();
          tokenId = await pull(engine(), decoder);
        }
        decoder.close();
        assert.equal(text, rest);
      }
      assert.equal(engine().beginGrammar(gbnf, { written: Buffer.from("maybe") }), undefined);
      assert.equal(engine().beginGrammar(gbnf, { written: Buffer.from("yes, it is!") }), undefined);
      assert.throws(() => engine().beginGrammar("root ::= (", { written: Buffer.from("a") }), EngineFault);
    });

    it("forgets a grammar with its decoder", async () => {
      const free = await decodeGreedily(engine(), prompt, 8);
      for (let round = 0; round < 4; round++) await holdToGrammar(engine(), CHOICES);
      assert.deepEqual(await decodeGreedily(engine(), prompt, 8), free);
    });

    it("refuses a grammar that does not compile, each time", () => {
      for (const gbnf of ["root ::= (", "root ::= (", "", "other ::= [a-z]"]) {
        assert.throws(() => engine().beginGrammar(gbnf), EngineFault, gbnf);
      }
    });

    it("scores tokens of a grammar as if there were none", async () => {
      const score = async (gbnf: string | undefined): Promise<readonly SampledToken[] | undefined> => {
        const sequence = sequenceAt(engine(), 0);
        await sequence.trim(0);
        const grammar = gbnf === undefined ? undefined : engine().beginGrammar(gbnf);
        const opening = { sequence, tokenIds: prompt, sampling: GREEDY, logprobs: 3, grammar };
        const decoder = engine().openDecoder(opening);
        const sampled = await (await engine().step({ pulls: [{ decoder, draft: [] }], prefills: [] })).pulls[0];
        decoder.close();
        return sampled instanceof EngineFault ? undefined : sampled;
      };
      const [free, held] = [await score(undefined), await score(CHOICES)];
      assert.deepEqual(held?.[0]?.score?.top, free?.[0]?.score?.top);
    });
  });
}
