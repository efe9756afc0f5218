import assert from "node:assert/strict";
import type { Sampling } from "../../../src/core/generation-request.js";
import { NEUTRAL_SAMPLING } from "../../../src/engine/loop/neutral-sampling.js";
import { evaluateOptionsOf } from "../../../src/engine/llama/sampler-options.js";

const filters = { temperature: 0.7, topK: 20, topP: 0.9, minP: 0.1, seed: 12 };
const sampling = { ...NEUTRAL_SAMPLING, ...filters };
const optionsOf = (changed: Sampling) => evaluateOptionsOf(changed, undefined);

describe("sampler options", () => {
  it("hands each number on", () => {
    assert.deepEqual(optionsOf(sampling), filters);
    const xtc = { probability: 0.3, threshold: 0.2 };
    assert.deepEqual(optionsOf({ ...sampling, xtc }), { ...filters, xtc });
  });

  it("is greedy at temperature 0, and where the division by it would overflow", () => {
    for (const temperature of [0, 1e-40, 1e-300]) {
      assert.deepEqual(optionsOf({ ...sampling, temperature }).topK, 1);
      assert.deepEqual(optionsOf({ ...sampling, temperature }).temperature, 1);
    }
  });

  it("keeps llama.cpp from choosing a seed of its own", () => {
    assert.equal(optionsOf({ ...sampling, seed: 0 }).seed, 0);
    assert.notEqual(optionsOf({ ...sampling, seed: 0xffff_ffff }).seed, 0xffff_ffff);
  });
});
