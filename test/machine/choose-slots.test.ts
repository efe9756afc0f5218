import assert from "node:assert/strict";
import { chooseSlots } from "../../src/machine/choose-slots.js";

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
