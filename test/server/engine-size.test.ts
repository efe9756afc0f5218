import assert from "node:assert/strict";
import { chooseEngineSize, chooseSlots } from "../../src/server/engine-size.js";
import { usableThreads } from "../../src/machine/usable-threads.js";

const SMALL_MODEL = {
  ...{ trainContextTokens: 2_048, blockCount: 2, headCountKv: 2, keyLength: 16, valueLength: 16 },
  sizeBytes: 1_000_000,
};
const OPEN = { slots: "auto", contextTokens: "standard", threads: "auto", gpu: "off" } as const;

describe("engine size", () => {
  it("is what the operator says, where it is said", () => {
    const size = chooseEngineSize({ slots: 3, contextTokens: 512, threads: 7, gpu: "off" }, SMALL_MODEL);
    assert.deepEqual(size, { sequences: 3, contextTokens: 512, threads: 7 });
  });

  it("has the model's own context, at most 4,096 tokens, where nothing is said", () => {
    assert.equal(chooseEngineSize(OPEN, SMALL_MODEL).contextTokens, 2_048);
    assert.equal(chooseEngineSize(OPEN, { ...SMALL_MODEL, trainContextTokens: 131_072 }).contextTokens, 4_096);
    assert.equal(chooseEngineSize(OPEN, { ...SMALL_MODEL, trainContextTokens: undefined }).contextTokens, 4_096);
  });

  it("has a thread for each usable core, and 1 to 8 slots, fewer for a model whose cache would fill the memory", () => {
    const { threads, sequences } = chooseEngineSize(OPEN, SMALL_MODEL);
    assert.equal(threads, usableThreads());
    assert.equal(sequences, Math.min(8, 4 * usableThreads()));
    const giant = {
      trainContextTokens: 1_048_576,
      blockCount: 1_000,
      headCountKv: 1_000,
      keyLength: 128,
      valueLength: 128,
      sizeBytes: 1_000_000,
    };
    assert.equal(chooseEngineSize({ ...OPEN, contextTokens: 1_048_576 }, giant).sequences, 1);
  });

  it("cannot have more context than the model was trained for", () => {
    assert.throws(() => chooseEngineSize({ ...OPEN, contextTokens: 2_049 }, SMALL_MODEL), /2049 .* 2048/);
    assert.equal(chooseEngineSize({ ...OPEN, contextTokens: 2_048 }, SMALL_MODEL).contextTokens, 2_048);
  });

  it("has slots by the standard context first, and then the context that they leave room for", () => {
    const wanted = { ...OPEN, contextTokens: "auto" } as const;
    const large = { ...SMALL_MODEL, trainContextTokens: 131_072 };
    const tokenBytes = 2 * 2 * 32 * 2;
    const bytes = (tokens: number): number => large.sizeBytes + tokens * tokenBytes;
    const slots = Math.min(8, 4 * usableThreads());
    const size = chooseEngineSize(wanted, large, bytes(2 * slots * 10_300));
    assert.deepEqual([size.sequences, size.contextTokens], [slots, 10_240]);
    assert.match(size.contextReason ?? "", /^the most that half of it holds; the key-value memory of \d+ slots takes/);
    assert.equal(chooseEngineSize({ ...wanted, slots: 2 }, large, bytes(2 * 2 * 20_480)).contextTokens, 20_480);
    assert.equal(chooseEngineSize(OPEN, large, bytes(2 * slots * 10_300)).contextReason, undefined);
  });

  it("is chosen without memory in mind where the file does not tell its shape", () => {
    const unknown = { blockCount: undefined, headCountKv: undefined, keyLength: undefined, valueLength: undefined };
    assert.ok(chooseEngineSize(OPEN, { trainContextTokens: undefined, sizeBytes: 0, ...unknown }).sequences >= 1);
  });
});

const GIB = 1024 ** 3;
/** The default model: 30 layers, 3 heads of 64, keys and values, 2 bytes each. */
const kvBytesPerToken = 30 * 3 * 64 * 2 * 2;

describe("choose slots", () => {
  it("takes eight where memory and cores allow more", () => {
    assert.equal(chooseSlots({ freeMemoryBytes: 64 * GIB, kvBytesPerToken, contextTokens: 4_096, cores: 16 }), 8);
  });

  it("takes four a core", () => {
    assert.equal(chooseSlots({ freeMemoryBytes: 64 * GIB, kvBytesPerToken, contextTokens: 4_096, cores: 1 }), 4);
  });

  it("takes what half of the free memory holds", () => {
    const slotBytes = kvBytesPerToken * 4_096;
    assert.equal(chooseSlots({ freeMemoryBytes: 7 * slotBytes, kvBytesPerToken, contextTokens: 4_096, cores: 16 }), 3);
  });

  it("goes by cores alone where the model does not tell its size", () => {
    assert.equal(chooseSlots({ freeMemoryBytes: 0, kvBytesPerToken: 0, contextTokens: 4_096, cores: 2 }), 8);
  });

  it("takes one where even that is much", () => {
    assert.equal(chooseSlots({ freeMemoryBytes: 0, kvBytesPerToken, contextTokens: 4_096, cores: 1 }), 1);
  });
});
