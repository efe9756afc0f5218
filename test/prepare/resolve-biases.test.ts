import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { Preparer } from "../../src/prepare/preparer.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { createTinyModel } from "../support/tiny-model.js";

describe("resolving logit biases", () => {
  const { signal } = new AbortController();
  let preparer: Preparer;

  before(async () => {
    preparer = await Preparer.start({
      modelPath: await createTinyModel(),
      limits: DEFAULT_LIMITS,
      log: silentLogger,
      queueCapacity: 8,
    });
  });
  after(() => preparer[Symbol.asyncDispose]());

  it("finds the one token of a text, in the order given", async () => {
    const biases = await preparer.resolveBiases(
      [
        { text: " the", bias: 1 },
        { tokenId: 5, bias: 2 },
        { text: "a", bias: -100 },
      ],
      signal,
    );
    assert.deepEqual(biases, [
      { tokenId: 261, bias: 1 },
      { tokenId: 5, bias: 2 },
      { tokenId: 97, bias: -100 },
    ]);
  });

  it("refuses a text of several tokens and names them, a control token's text among them", async () => {
    await assert.rejects(
      preparer.resolveBiases(
        [
          { tokenId: 1, bias: 1 },
          { text: "xy", bias: 1 },
        ],
        signal,
      ),
      {
        code: "INVALID_REQUEST",
        violations: [
          { field: "sampling.logit_bias[1].text", description: "is 2 tokens (120, 121); it must be exactly one" },
        ],
      },
    );
    await assert.rejects(preparer.resolveBiases([{ text: "<|im_end|>", bias: 1 }], signal), /is 10 tokens \(60, 124,/);
  });

  it("refuses a second bias for one token", async () => {
    const violation = (index: number, tokenId: number): object => ({
      violations: [
        {
          field: `sampling.logit_bias[${index}].text`,
          description: `is token ${tokenId}, which has a bias already`,
        },
      ],
    });
    const texts = [
      { text: "a", bias: 1 },
      { text: "a", bias: 2 },
    ];
    await assert.rejects(preparer.resolveBiases(texts, signal), violation(1, 97));
    const both = [
      { text: "a", bias: 1 },
      { tokenId: 97, bias: 2 },
    ];
    await assert.rejects(preparer.resolveBiases(both, signal), violation(0, 97));
  });
});
