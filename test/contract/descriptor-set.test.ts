import assert from "node:assert/strict";
import { GenerationServiceService } from "../../generated/rill/v1/generation_service.js";
import { ModelServiceService } from "../../generated/rill/v1/model_service.js";
import { ServerServiceService } from "../../generated/rill/v1/server_service.js";
import { SessionServiceService } from "../../generated/rill/v1/session_service.js";
import { TokenServiceService } from "../../generated/rill/v1/token_service.js";
import { commentOf, readDescriptors, rillFiles, rillServices } from "./contract-descriptors.js";

describe("the descriptor set that reflection serves", () => {
  const registry = readDescriptors();

  it("has the methods of the generated services, path for path", () => {
    const served = [
      ...Object.values(GenerationServiceService),
      ...Object.values(ModelServiceService),
      ...Object.values(ServerServiceService),
      ...Object.values(SessionServiceService),
      ...Object.values(TokenServiceService),
    ].map((method) => method.path);
    const described = rillServices(registry).flatMap((service) =>
      service.methods.map((method) => `/${service.typeName}/${method.name}`),
    );
    assert.deepEqual(new Set<string>(served), new Set(described));
  });

  it("has health, both reflections and the error details of google.rpc", () => {
    for (const name of [
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ])
      assert.ok(registry.getService(name), name);
    for (const name of [
      "Status",
      "ErrorInfo",
      "BadRequest",
      "RetryInfo",
      "QuotaFailure",
      "PreconditionFailure",
      "ResourceInfo",
    ])
      assert.ok(registry.getMessage(`google.rpc.${name}`), name);
  });

  it("carries the comment of every field", () => {
    const messages = rillFiles(registry).flatMap((file) => file.messages);
    const fields = messages.flatMap((message) => message.fields);
    assert.ok(fields.length > 100);
    assert.deepEqual(fields.filter((field) => commentOf(field) === "").map(String), []);
  });
});
