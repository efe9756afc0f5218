import assert from "node:assert/strict";
import type { GenerateStreamRequest } from "../../../generated/rill/v1/generation_service.js";
import { GenerationError } from "../../../src/core/generation-error.js";
import { type DecodedRequest, readableMessage, takeMessage } from "../../../src/grpc/contract/decoded-request.js";
import { promptRequest } from "../../support/test-client.js";

describe("A decoded request", () => {
  it("shows its message as often as it is asked", () => {
    const message = promptRequest("a");
    const request: DecodedRequest<GenerateStreamRequest> = { type: "decoded", message };
    assert.equal(readableMessage(request), message);
    assert.equal(readableMessage(request), message);
  });

  it("gives its message away once, and keeps nothing of it", () => {
    const message = promptRequest("a");
    const request: DecodedRequest<GenerateStreamRequest> = { type: "decoded", message };
    assert.equal(takeMessage(request), message);
    assert.deepEqual(request, { type: "decoded", message: undefined });
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

  it("with unwanted fields is an invalid request that names them", () => {
    const violations = [{ field: "field 9", description: "is not part of rill.v1.GenerateStreamRequest" }];
    const request: DecodedRequest<GenerateStreamRequest> = { type: "unwanted", violations };
    assert.throws(
      () => readableMessage(request),
      (error) =>
        error instanceof GenerationError &&
        error.code === "INVALID_REQUEST" &&
        error.message === "field 9 is not part of rill.v1.GenerateStreamRequest",
    );
  });

  it("that is undecodable as a whole is told of in a sentence", () => {
    const violations = [{ field: "", description: "ends early, or is not protobuf" }];
    const request: DecodedRequest<GenerateStreamRequest> = { type: "undecodable", violations };
    assert.throws(() => readableMessage(request), {
      message: "the message cannot be decoded: it ends early, or is not protobuf",
    });
  });
});
