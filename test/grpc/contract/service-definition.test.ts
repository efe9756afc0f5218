import assert from "node:assert/strict";
import { Server, type ServiceDefinition } from "@grpc/grpc-js";
import type { GenerateStreamRequest } from "../../../generated/rill/v1/generation_service.js";
import { ModelServiceService } from "../../../generated/rill/v1/model_service.js";
import { GenerationError } from "../../../src/core/generation-error.js";
import { DescriptorSet } from "../../../src/grpc/contract/descriptor-set.js";
import {
  addStrictService,
  type DecodedRequest,
  readableMessage,
  serviceName,
  takeMessage,
} from "../../../src/grpc/contract/service-definition.js";
import { promptRequest } from "../../support/test-client.js";

const ACCESS = { getModel: "identified" } as const;

describe("A service that is added to the server", () => {
  it("must have a handler for every method: a missing one is no silent UNIMPLEMENTED", async () => {
    const { registry } = await DescriptorSet.read();
    const service = {
      definition: ModelServiceService,
      implementation: {},
      unwanted: "refused",
      access: ACCESS,
    } as const;
    assert.throws(() => addStrictService(new Server(), service, registry), {
      message: "/rill.v1.ModelService/GetModel has no handler",
    });
    assert.equal(serviceName(service), "rill.v1.ModelService");
  });

  it("must be in the descriptors, for strict decoding and for reflection", async () => {
    const { registry } = await DescriptorSet.read();
    const definition = { getModel: { ...ModelServiceService.getModel, path: "/rill.v1.ModelService/GetOther" } };
    const implementation = { getModel: () => undefined };
    const service = { definition, implementation, unwanted: "refused", access: ACCESS } as const;
    assert.throws(() => addStrictService(new Server(), service, registry), /the descriptors lack .*GetOther/);
  });

  it("must have a rule of access for every method and no other rule", async () => {
    const { registry } = await DescriptorSet.read();
    const service = { definition: ModelServiceService, implementation: {}, unwanted: "refused" } as const;
    assert.throws(() => addStrictService(new Server(), { ...service, access: {} }, registry), {
      message: "/rill.v1.ModelService/GetModel has no rule of access",
    });
    const access = { ...ACCESS, getOther: "open" } as const;
    assert.throws(() => addStrictService(new Server(), { ...service, access }, registry), {
      message: "the rule of access for getOther has no method",
    });
  });

  it("decodes no message that is going to be refused, and every one whose unknown fields it ignores", async () => {
    const { registry } = await DescriptorSet.read();
    const decoded: Buffer[] = [];
    const requestDeserialize = (bytes: Buffer): object => {
      decoded.push(bytes);
      return {};
    };
    const definition = { getModel: { ...ModelServiceService.getModel, requestDeserialize } } as ServiceDefinition;
    const unknown = Buffer.of(0xf8, 0x3f, 1);
    const broken = Buffer.of(0xf8);
    const readWith = (unwanted: "refused" | "ignored", bytes: Buffer): DecodedRequest<unknown> => {
      let added: ServiceDefinition = {};
      const server = { addService: (service: ServiceDefinition) => (added = service) } as unknown as Server;
      const implementation = { getModel: () => undefined };
      addStrictService(server, { definition, implementation, unwanted, access: ACCESS }, registry);
      return added.getModel?.requestDeserialize(bytes) as DecodedRequest<unknown>;
    };
    assert.equal(readWith("refused", unknown).type, "unwanted");
    assert.equal(readWith("refused", broken).type, "undecodable");
    assert.equal(readWith("ignored", broken).type, "undecodable");
    assert.deepEqual(decoded, []);
    assert.equal(readWith("ignored", unknown).type, "decoded");
    assert.deepEqual(decoded, [unknown]);
  });
});

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

  it("that cannot be decoded at all is refused in one sentence", () => {
    const violations = [{ field: "", description: "ends early, or is not protobuf" }];
    const request: DecodedRequest<GenerateStreamRequest> = { type: "undecodable", violations };
    assert.throws(() => readableMessage(request), {
      message: "the message cannot be decoded: it ends early, or is not protobuf",
    });
  });
});
