import assert from "node:assert/strict";
import { Server, type ServiceDefinition } from "@grpc/grpc-js";
import { ModelServiceService } from "../../../generated/rill/v1/model_service.js";
import { DescriptorSet } from "../../../src/grpc/contract/descriptor-set.js";
import type { DecodedRequest } from "../../../src/grpc/contract/decoded-request.js";
import { addStrictService, serviceName } from "../../../src/grpc/contract/service-definition.js";

describe("A service that is added to the server", () => {
  it("must have a handler for every method: a missing one is no silent UNIMPLEMENTED", async () => {
    const { registry } = await DescriptorSet.read();
    const service = { definition: ModelServiceService, implementation: {}, unwanted: "refused" } as const;
    assert.throws(() => addStrictService(new Server(), service, registry), {
      message: "/rill.v1.ModelService/GetModel has no handler",
    });
    assert.equal(serviceName(service), "rill.v1.ModelService");
  });

  it("must be in the descriptors, for strict decoding and for reflection", async () => {
    const { registry } = await DescriptorSet.read();
    const definition = { getModel: { ...ModelServiceService.getModel, path: "/rill.v1.ModelService/GetOther" } };
    const service = { definition, implementation: { getModel: () => undefined }, unwanted: "refused" } as const;
    assert.throws(() => addStrictService(new Server(), service, registry), /the descriptors lack .*GetOther/);
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
      addStrictService(server, { definition, implementation: { getModel: () => undefined }, unwanted }, registry);
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
