import assert from "node:assert/strict";
import { Server } from "@grpc/grpc-js";
import { ModelServiceService } from "../../generated/rill/v1/model_service.js";
import { DescriptorSet } from "../../src/rpc/contract/descriptor-set.js";
import { addStrictService, serviceName } from "../../src/rpc/contract/service-definition.js";

describe("A service that is added to the server", () => {
  it("must have a handler for every method: a missing one is no silent UNIMPLEMENTED", async () => {
    const { registry } = await DescriptorSet.read();
    const service = { definition: ModelServiceService, implementation: {} };
    assert.throws(() => addStrictService(new Server(), service, registry), {
      message: "/rill.v1.ModelService/GetModel has no handler",
    });
    assert.equal(serviceName(service), "rill.v1.ModelService");
  });

  it("must be in the descriptors, for strict decoding and for reflection", async () => {
    const { registry } = await DescriptorSet.read();
    const definition = { getModel: { ...ModelServiceService.getModel, path: "/rill.v1.ModelService/GetOther" } };
    const service = { definition, implementation: { getModel: () => undefined } };
    assert.throws(() => addStrictService(new Server(), service, registry), /the descriptors lack .*GetOther/);
  });
});
