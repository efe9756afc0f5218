import assert from "node:assert/strict";
import { inspectGguf } from "../../src/models/gguf/inspect-gguf.js";
import { chooseContext, kvBytesPerToken, standardContext } from "../../src/server/choose-context.js";
import { createTinyModel } from "../support/tiny-model.js";

const MIB = 1024 ** 2;
const GIB = 1024 * MIB;
/** The shape of SmolLM2 135M, which takes 23,040 bytes a token. */
const SMALL = { trainContextTokens: 8_192, blockCount: 30, headCountKv: 3, keyLength: 64, valueLength: 64 };
/** The shape of Llama 3.1 8B, which takes 128 KiB a token. */
const LARGE = { trainContextTokens: 131_072, blockCount: 32, headCountKv: 8, keyLength: 128, valueLength: 128 };
const smallModel = { ...SMALL, sizeBytes: 94 * MIB };
const largeModel = { ...LARGE, sizeBytes: 4_700 * MIB };

describe("choose context", () => {
  const choose = (model: typeof smallModel, slots: number, availableBytes: number) =>
    chooseContext({ model, slots, availableBytes, isInOwnMemory: true });

  it("takes the largest multiple of 1,024 tokens whose cache takes at most half of the memory beside the model", () => {
    const cases: readonly (readonly [availableBytes: number, slots: number, tokens: number])[] = [
      [64 * GIB, 8, 29_696],
      [64 * GIB, 1, 131_072],
      [32 * GIB, 4, 27_648],
      [16 * GIB, 8, 5_120],
      [8 * GIB, 1, 13_312],
    ];
    for (const [availableBytes, slots, tokens] of cases) {
      const { contextTokens } = choose(largeModel, slots, availableBytes);
      assert.equal(contextTokens, tokens, `${availableBytes / GIB} GiB, ${slots} slots`);
      const bytes = contextTokens * slots * kvBytesPerToken(LARGE);
      assert.ok(bytes <= (availableBytes - largeModel.sizeBytes) / 2);
    }
  });

  it("takes no more than the model was trained for, and says so", () => {
    const { contextTokens, reason } = choose(smallModel, 8, 16 * GIB);
    assert.equal(contextTokens, 8_192);
    assert.equal(
      reason,
      "the context that the model was trained for; the key-value memory of 8 slots takes 1440 MiB of the 16290 MiB that are available beside the model",
    );
    assert.equal(choose({ ...smallModel, trainContextTokens: 2_000 }, 8, 16 * GIB).contextTokens, 2_000);
  });

  it("takes 1,024 tokens where not even they fit, or the model's own if they are fewer", () => {
    const { contextTokens, reason } = choose(largeModel, 8, 5 * GIB);
    assert.equal(contextTokens, 1_024);
    assert.match(reason, /^the least; .* 1024 MiB of the 420 MiB/);
    assert.equal(choose(largeModel, 8, 0).contextTokens, 1_024);
    assert.equal(choose({ ...largeModel, trainContextTokens: 512 }, 8, 0).contextTokens, 512);
  });

  it("takes the standard where the memory that the cache needs is not known", () => {
    const facts = { slots: 8, availableBytes: 64 * GIB, isInOwnMemory: true };
    const recurrent = { ...largeModel, headCountKv: undefined, keyLength: undefined, valueLength: undefined };
    for (const model of [recurrent, { ...largeModel, trainContextTokens: undefined }]) {
      const { contextTokens, reason } = chooseContext({ ...facts, model });
      assert.deepEqual(
        [contextTokens, reason],
        [4_096, "the model's file does not tell its context and key-value memory"],
      );
    }
    const onGpu = chooseContext({ ...facts, model: largeModel, isInOwnMemory: false });
    assert.deepEqual([onGpu.contextTokens, onGpu.reason.includes("GPU")], [4_096, true]);
    assert.deepEqual(
      [standardContext(LARGE), standardContext({ ...LARGE, trainContextTokens: 2_048 })],
      [4_096, 2_048],
    );
  });

  it("reads the shape from a model's file", async () => {
    const model = await inspectGguf(await createTinyModel());
    assert.ok(kvBytesPerToken(model) > 0);
    const { contextTokens } = chooseContext({ model, slots: 1, availableBytes: 64 * GIB, isInOwnMemory: true });
    assert.equal(contextTokens, model.trainContextTokens);
  });
});
