import assert from "node:assert/strict";
import {
  type Decoder,
  type Engine,
  EngineFault,
  type EngineSequence,
  type SampledToken,
} from "../../src/engine/engine.js";
import { TURN_START_TOKEN } from "../support/tiny-vocabulary.js";
import { GREEDY } from "./loop-harness.js";

const PROMPT = Uint8Array.from(Buffer.from("The engine's contract holds of every engine"));
export const prompt = Uint32Array.from(PROMPT);

export function sequenceAt(engine: Engine, index: number): EngineSequence {
  const sequence = engine.sequences[index];
  assert.ok(sequence !== undefined);
  return sequence;
}

/** One pull of one decoder, which must not fail. */
export async function pull(engine: Engine, decoder: Decoder): Promise<number> {
  const [token, ...more] = await pullDrafting(engine, decoder, []);
  assert.ok(token !== undefined && more.length === 0, "one token without a draft");
  return token;
}

/** Pulls once with a draft. */
async function pullDrafting(engine: Engine, decoder: Decoder, draft: readonly number[]): Promise<readonly number[]> {
  return (await pullAll(engine, decoder, draft)).map(({ tokenId }) => tokenId);
}

export async function pullAll(
  engine: Engine,
  decoder: Decoder,
  draft: readonly number[],
): Promise<readonly SampledToken[]> {
  const sampled = await (await engine.step({ pulls: [{ decoder, draft }], prefills: [] })).pulls[0];
  if (sampled === undefined || sampled instanceof EngineFault) throw sampled ?? new Error("no result");
  return sampled;
}

/** The first tokens that the engine gives for a prompt, on an empty sequence. */
export async function decodeGreedily(engine: Engine, tokenIds: Uint32Array, count: number): Promise<number[]> {
  const sequence = sequenceAt(engine, 0);
  await sequence.trim(0);
  const decoder = engine.openDecoder({ sequence, tokenIds, outputTokens: [], sampling: GREEDY });
  const tokens: number[] = [];
  for (let index = 0; index < count; index++) tokens.push(await pull(engine, decoder));
  decoder.close();
  return tokens;
}

/**
 * What holds of every engine. Two sequences at least.
 * @param engine is asked for in each test; what a test leaves in its sequences doesn't matter
 */
export function describeEngineContract(name: string, engine: () => Engine): void {
  describe(`engine contract: ${name}`, () => {
    it("has as many sequences as its facts say", () => {
      assert.equal(engine().sequences.length, engine().facts.sequences);
      assert.ok(engine().facts.contextTokens > 0);
      assert.ok(engine().facts.threads > 0);
    });

    it("reads a prompt into the cache in chunks", async () => {
      const sequence = sequenceAt(engine(), 0);
      await sequence.trim(0);
      for (const chunk of [prompt.subarray(0, 20), prompt.subarray(20)]) {
        const { prefills } = await engine().step({ pulls: [], prefills: [{ sequence, tokenIds: chunk }] });
        assert.deepEqual(prefills, [undefined]);
      }
      assert.equal(sequence.length, prompt.length);
      assert.deepEqual(sequence.tokens(), [...prompt]);
    });

    it("holds a token in the cache only from the pull after the one that gave it", async () => {
      const sequence = sequenceAt(engine(), 0);
      await sequence.trim(0);
      const decoder = engine().openDecoder({ sequence, tokenIds: prompt, outputTokens: [], sampling: GREEDY });
      assert.equal(sequence.length, 0, "opening evaluates nothing");
      const first = await pull(engine(), decoder);
      assert.ok(first >= 0 && first < engine().vocabularySize);
      assert.deepEqual(sequence.tokens(), [...prompt]);
      await pull(engine(), decoder);
      assert.deepEqual(sequence.tokens(), [...prompt, first]);
      decoder.close();
    });

    it("gives the same tokens whether the prompt came in chunks or with the first pull", async () => {
      const whole = await decodeGreedily(engine(), prompt, 8);
      const sequence = sequenceAt(engine(), 0);
      await sequence.trim(0);
      await engine().step({ pulls: [], prefills: [{ sequence, tokenIds: prompt.subarray(0, 40) }] });
      const decoder = engine().openDecoder({
        sequence,
        tokenIds: prompt.subarray(40),
        outputTokens: [],
        sampling: GREEDY,
      });
      const chunked: number[] = [];
      for (let index = 0; index < 8; index++) chunked.push(await pull(engine(), decoder));
      decoder.close();
      assert.deepEqual(chunked, whole);
    });

    it("goes on after a trim as if what was cut had never been", async () => {
      const expected = await decodeGreedily(engine(), prompt, 6);
      const sequence = sequenceAt(engine(), 0);
      assert.equal(await sequence.trim(30), 30);
      assert.deepEqual(sequence.tokens(), [...prompt.subarray(0, 30)]);
      const decoder = engine().openDecoder({
        sequence,
        tokenIds: prompt.subarray(30),
        outputTokens: [],
        sampling: GREEDY,
      });
      const tokens: number[] = [];
      for (let index = 0; index < 6; index++) tokens.push(await pull(engine(), decoder));
      decoder.close();
      assert.deepEqual(tokens, expected);
    });

    it("goes on from a saved state in another sequence as if nothing had happened", async () => {
      const expected = await decodeGreedily(engine(), prompt, 8);
      const [first, second] = [sequenceAt(engine(), 0), sequenceAt(engine(), 1)];
      const begun = await decodeGreedily(engine(), prompt, 4);
      const held = [...first.tokens()];
      using saved = await engine().save(first);
      assert.ok(saved !== undefined);
      assert.deepEqual(saved.tokenIds, held);
      assert.ok(saved.bytes > 0);
      await first.trim(0);
      await engine().step({ pulls: [], prefills: [{ sequence: second, tokenIds: Uint32Array.of(66, 67) }] });
      assert.equal(await engine().restore(second, saved), true);
      assert.deepEqual(second.tokens(), held);
      const tokenIds = Uint32Array.from([...prompt, ...begun].slice(held.length));
      const decoder = engine().openDecoder({ sequence: second, tokenIds, outputTokens: begun, sampling: GREEDY });
      const rest: number[] = [];
      for (let index = 4; index < 8; index++) rest.push(await pull(engine(), decoder));
      decoder.close();
      assert.deepEqual([...begun, ...rest], expected);
    });

    it("pulls and prefills in one step, with the results in the order of the work", async () => {
      const [first, second] = [sequenceAt(engine(), 0), sequenceAt(engine(), 1)];
      await first.trim(0);
      await second.trim(0);
      const decoder = engine().openDecoder({ sequence: first, tokenIds: prompt, outputTokens: [], sampling: GREEDY });
      const results = await engine().step({
        pulls: [{ decoder, draft: [] }],
        prefills: [{ sequence: second, tokenIds: prompt }],
      });
      assert.ok(Array.isArray(await results.pulls[0]));
      assert.deepEqual(results.prefills, [undefined]);
      assert.equal(second.length, prompt.length);
      decoder.close();
    });

    it("gives the same tokens whatever is drafted, all of it or the beginning right or none", async () => {
      const expected = await decodeGreedily(engine(), prompt, 12);
      const wrong = (tokenId: number | undefined): number => (tokenId === 65 ? 66 : 65);
      const sequence = sequenceAt(engine(), 0);
      for (const right of [0, 1, 2, 3]) {
        await sequence.trim(0);
        const decoder = engine().openDecoder({ sequence, tokenIds: prompt, outputTokens: [], sampling: GREEDY });
        const tokens: number[] = [await pull(engine(), decoder)];
        while (tokens.length < expected.length - 4) {
          const next = expected.slice(tokens.length, tokens.length + 4);
          const draft = next.map((tokenId, index) => (index < right ? tokenId : wrong(tokenId)));
          const sampled = await pullDrafting(engine(), decoder, draft.slice(0, 3));
          assert.ok(sampled.length >= 1 && sampled.length <= right + 1);
          tokens.push(...sampled);
          assert.deepEqual(sequence.tokens(), [...prompt, ...tokens.slice(0, -1)], "what was wrong is forgotten");
        }
        decoder.close();
        assert.deepEqual(tokens, expected.slice(0, tokens.length));
      }
    });

    it("spells control tokens, and no others", () => {
      assert.equal(engine().controlBytes(65).length, 0);
      assert.equal(Buffer.from(engine().controlBytes(TURN_START_TOKEN)).toString(), "<|im_start|>");
    });

    it("lets a sequence be used again as soon as its decoder is closed, twice if need be", async () => {
      const sequence = sequenceAt(engine(), 0);
      await sequence.trim(0);
      const first = engine().openDecoder({ sequence, tokenIds: prompt, outputTokens: [], sampling: GREEDY });
      await pull(engine(), first);
      first.close();
      first.close();
      const second = engine().openDecoder({
        sequence,
        tokenIds: Uint32Array.of(65),
        outputTokens: [],
        sampling: GREEDY,
      });
      await pull(engine(), second);
      assert.deepEqual(sequence.tokens(), [...prompt, 65]);
      second.close();
    });

    it("knows the bytes of every token, and which end a turn", () => {
      let endings = 0;
      for (let tokenId = 0; tokenId < engine().vocabularySize; tokenId++) {
        engine().tokenBytes(tokenId);
        if (engine().isEndOfGeneration(tokenId)) endings++;
      }
      assert.equal(Buffer.from(engine().tokenBytes(65)).toString(), "A");
      assert.ok(endings > 0);
    });

    it("can be tidied at any time between steps", async () => {
      engine().tidy(true);
      engine().tidy(false);
      assert.equal((await decodeGreedily(engine(), prompt, 2)).length, 2);
    });
  });
}
