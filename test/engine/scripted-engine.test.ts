import assert from "node:assert/strict";
import { EngineFault } from "../../src/engine/engine.js";
import { SCRIPT, ScriptedEngine } from "../support/scripted-engine.js";
import { TURN_END_TOKEN, TURN_START_TOKEN } from "../support/tiny-vocabulary.js";
import { decodeGreedily, describeEngineContract, sequenceAt } from "./engine-contract.js";
import { describeGrammarContract } from "./grammar-contract.js";
import { GREEDY } from "./loop-harness.js";

const shared = new ScriptedEngine();
describeEngineContract("scripted", () => shared);
describeGrammarContract("scripted", () => shared);

describe("scripted engine", () => {
  it("echoes its prompt without control tokens, then ends the turn", async () => {
    const prompt = Uint32Array.of(TURN_START_TOKEN, 104, 105, TURN_END_TOKEN);
    assert.deepEqual(await decodeGreedily(new ScriptedEngine(), prompt, 4), [104, 105, TURN_END_TOKEN, TURN_END_TOKEN]);
  });

  it("echoes for ever where its options or the prompt say so", async () => {
    const expected = [104, 105, 104, 105, 104];
    assert.deepEqual(await decodeGreedily(new ScriptedEngine({ cycle: true }), Uint32Array.of(104, 105), 5), expected);
    assert.deepEqual(await decodeGreedily(new ScriptedEngine(), Uint32Array.of(104, SCRIPT.CYCLE, 105), 5), expected);
  });

  it("fails a pull where the script says so, and empties that sequence alone", async () => {
    const engine = new ScriptedEngine();
    const [failing, sound] = [sequenceAt(engine, 0), sequenceAt(engine, 1)];
    const decoders = [
      engine.openDecoder({
        sequence: failing,
        tokenIds: Uint32Array.of(SCRIPT.FAIL_PULL),
        outputTokens: [],
        sampling: GREEDY,
      }),
      engine.openDecoder({ sequence: sound, tokenIds: Uint32Array.of(104), outputTokens: [], sampling: GREEDY }),
    ];
    const results = await engine.step({ pulls: decoders.map((decoder) => ({ decoder, draft: [] })), prefills: [] });
    assert.ok((await results.pulls[0]) instanceof EngineFault);
    assert.deepEqual(await results.pulls[1], [{ tokenId: 104, score: undefined }]);
    assert.deepEqual([failing.length, sound.length], [0, 1]);
  });

  it("throws where its user breaks the contract", async () => {
    const engine = new ScriptedEngine({ contextTokens: 4 });
    const sequence = sequenceAt(engine, 0);
    const chunk = { sequence, tokenIds: Uint32Array.of(1, 2, 3) };
    await assert.rejects(engine.step({ pulls: [], prefills: [chunk, chunk] }), /twice/);
    await assert.rejects(engine.step({ pulls: [], prefills: [] }), /nothing to do/);
    await engine.step({ pulls: [], prefills: [chunk] });
    await assert.rejects(engine.step({ pulls: [], prefills: [chunk] }), /full/);
    const decoder = engine.openDecoder({ sequence, tokenIds: Uint32Array.of(1), outputTokens: [], sampling: GREEDY });
    decoder.close();
    await assert.rejects(engine.step({ pulls: [{ decoder, draft: [] }], prefills: [] }), /closed/);
    assert.throws(
      () => engine.openDecoder({ sequence, tokenIds: new Uint32Array(), outputTokens: [], sampling: GREEDY }),
      /last token/,
    );
  });
});
