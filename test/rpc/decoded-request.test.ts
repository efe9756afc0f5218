import assert from "node:assert/strict";
import type { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { GenerationError } from "../../src/core/generation-error.js";
import { type DecodedRequest, readableMessage, takeMessage } from "../../src/rpc/request/decoded-request.js";
import { promptRequest } from "../support/test-client.js";

describe("A decoded request", () => {
  it("shows its message as often as it is asked", () => {
    const message = promptRequest("a");
    const request: DecodedRequest<GenerateStreamRequest> = { type: "decoded", message, violations: [] };
    assert.equal(readableMessage(request), message);
    assert.equal(readableMessage(request), message);
  });

  it("gives its message away once, and keeps nothing of it", () => {
    const message = promptRequest("a");
    const request: DecodedRequest<GenerateStreamRequest> = { type: "decoded", message, violations: [] };
    assert.equal(takeMessage(request), message);
    assert.deepEqual(request, { type: "decoded", message: undefined, violations: [] });
    assert.throws(() => takeMessage(request), /was taken before/);
  });

  it("that cannot be decoded has none to give", () => {
    const violations = [{ field: "prompt", description: "breaks off" }];
    const request: DecodedRequest<GenerateStreamRequest> = { type: "undecodable", violations };
    assert.throws(
      () => takeMessage(request),
      (error) => error instanceof GenerationError && error.code === "UNDECODABLE_MESSAGE",
    );
  });
});
