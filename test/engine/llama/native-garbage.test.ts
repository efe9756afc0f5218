import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { SamplerGarbage } from "../../../src/engine/llama/native-garbage.js";

const VOCABULARY = 49_152;

function garbageOf(samplers: number): { garbage: SamplerGarbage; collected: () => number } {
  let collections = 0;
  const garbage = new SamplerGarbage(VOCABULARY, () => collections++);
  for (let added = 0; added < samplers; added++) garbage.add();
  return { garbage, collected: () => collections };
}

describe("sampler garbage", () => {
  it("is let be while there is little of it", () => {
    const { garbage, collected } = garbageOf(50);
    garbage.tidy(true);
    assert.equal(collected(), 0);
  });

  it("is collected after some sixty samplers when nobody waits", () => {
    const { garbage, collected } = garbageOf(60);
    garbage.tidy(false);
    assert.equal(collected(), 0);
    garbage.tidy(true);
    garbage.tidy(true);
    assert.equal(collected(), 1);
  });

  it("is collected between steps once there is too much of it", () => {
    const { garbage, collected } = garbageOf(240);
    garbage.tidy(false);
    assert.equal(collected(), 1);
  });

  it("is really collected, by V8", async () => {
    const garbage = new SamplerGarbage(20 * 1024 * 1024);
    const unused = new WeakRef({});
    garbage.add();
    await nextTurn();
    garbage.tidy(true);
    assert.equal(unused.deref(), undefined);
  });
});
