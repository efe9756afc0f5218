import assert from "node:assert/strict";
import type { GenerationRequest } from "../../../src/core/generation-request.js";
import { digestRequest, requireSameBody } from "../../../src/generation/call/request-digest.js";

const REQUEST: GenerationRequest = {
  requestId: undefined,
  idempotency: { key: "key" },
  labels: new Map([
    ["a", "1"],
    ["b", "2"],
  ]),
  input: { type: "prompt", text: "hello", parseControlTokens: false },
  sampling: { temperature: 0.5, topK: 3 },
  stopping: { stopSequences: ["x"] },
  output: {},
  lane: undefined,
  maxWaitMs: undefined,
  delivery: {},
};

/** A request whose model must call a tool, as its caller gave it. */
function forced(parallel: boolean | undefined): GenerationRequest {
  const tools = [{ name: "look", description: "", parameters: "{}" }];
  return {
    ...REQUEST,
    input: { type: "chat", messages: [], tools: { tools, choice: { type: "required" }, parallel } },
  };
}

describe("The digest of a request", () => {
  const same: readonly (readonly [title: string, request: GenerationRequest])[] = [
    ["another request id and another key", { ...REQUEST, requestId: "mine", idempotency: { key: "other" } }],
    ["labels in another order", { ...REQUEST, labels: new Map([...REQUEST.labels].reverse()) }],
    ["members in another order", { ...REQUEST, sampling: { topK: 3, temperature: 0.5 } }],
    [
      "nothing given in another way",
      { ...REQUEST, sampling: { ...REQUEST.sampling, logitBias: [], seed: undefined }, constraint: undefined },
    ],
  ];
  for (const [title, request] of same) {
    it(`is the same with ${title}`, () => {
      assert.equal(digestRequest(request), digestRequest(REQUEST));
    });
  }

  const others: readonly (readonly [title: string, request: GenerationRequest])[] = [
    ["another input", { ...REQUEST, input: { type: "prompt", text: "hello!", parseControlTokens: false } }],
    ["a label's value", { ...REQUEST, labels: new Map([["a", "1"]]) }],
    ["a seed", { ...REQUEST, sampling: { ...REQUEST.sampling, seed: 0 } }],
    ["a group that switches something on", { ...REQUEST, sampling: { ...REQUEST.sampling, dry: {} } }],
    ["a lane", { ...REQUEST, lane: "batch" }],
    ["a delivery", { ...REQUEST, delivery: { maxChunkDelayMs: 5 } }],
  ];
  for (const [title, request] of others) {
    it(`differs with ${title}`, () => {
      assert.notEqual(digestRequest(request), digestRequest(REQUEST));
    });
  }

  it("does not depend on the default for parallel calls, so that a stored one outlives it", () => {
    const stored = "2:UYhQ9Mb1ZNj9ewFw3jcvgzIsP2tv46RAMOvkje1kpgE=";
    assert.equal(digestRequest(forced(undefined)), stored);
    assert.notEqual(digestRequest(forced(false)), stored);
  });

  it("is compared with a digest of its own form alone", () => {
    const bodyDigest = digestRequest(REQUEST);
    const again = { bodyDigest, legacyDigest: "of the old form" };
    requireSameBody({ bodyDigest }, again);
    requireSameBody({ bodyDigest: "of the old form" }, again);
    const refusal = { code: "IDEMPOTENCY_KEY_REUSED" };
    assert.throws(() => requireSameBody({ bodyDigest: "of another old form" }, again), refusal);
    assert.throws(
      () => requireSameBody({ bodyDigest: "of the old form" }, { bodyDigest, legacyDigest: undefined }),
      refusal,
    );
    assert.throws(() => requireSameBody({ bodyDigest }, { ...again, bodyDigest: "2:other" }), refusal);
  });
});
