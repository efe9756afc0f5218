import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { Capability, ChatTemplateSource, type Model } from "../../../generated/rill/v1/model.js";
import {
  type GetModelRequest,
  type GetModelResponse,
  ModelServiceService as SERVICE,
} from "../../../generated/rill/v1/model_service.js";
import type { Limits } from "../../core/limits.js";
import type { EngineFacts, ModelFacts } from "../../core/model-facts.js";
import type { CallHost } from "../../grpc/call/call-context.js";
import { unaryMethod } from "../../grpc/call/service-methods.js";
import { type DecodedRequest, readableMessage } from "../../grpc/contract/service-definition.js";
import { type BackendSource, requireBackend } from "../../generation/call/backend.js";

/** Creates the handlers of rill.v1.ModelService. */
export function createModelService(host: CallHost, source: BackendSource): UntypedServiceImplementation {
  const getModel = (request: DecodedRequest<GetModelRequest>): GetModelResponse => {
    const { model, engine } = requireBackend(source);
    readableMessage(request);
    return { model: toModelMessage({ model, engine, limits: host.limits }) };
  };
  return {
    getModel: unaryMethod(host, { method: "GetModel", handle: getModel, encode: SERVICE.getModel.responseSerialize }),
  };
}

function toModelMessage({ model, engine, limits }: { model: ModelFacts; engine: EngineFacts; limits: Limits }): Model {
  const { family, source, problem = "" } = model.template;
  return {
    name: model.name,
    digest: model.digest,
    contextTokens: engine.contextTokens,
    trainingContextTokens: model.trainContextTokens,
    vocabularyTokens: model.vocabularySize,
    sizeBytes: model.sizeBytes,
    chatTemplate: {
      family,
      source: source === "model" ? ChatTemplateSource.MODEL : ChatTemplateSource.FALLBACK,
      problem,
    },
    capabilities: capabilitiesOf(model, limits),
  };
}

function capabilitiesOf({ template }: ModelFacts, { tools, gbnfBytes }: Limits): Capability[] {
  return [
    Capability.PROMPT,
    Capability.CHAT,
    Capability.TOKEN_IDS,
    Capability.TURN,
    ...(tools > 0 ? [Capability.TOOLS] : []),
    ...(template.reasoning ? [Capability.REASONING] : []),
    Capability.CONSTRAINTS,
    ...(gbnfBytes > 0 ? [Capability.GBNF] : []),
    // A wrapper that replaces a template has no variables.
    ...(template.source === "model" ? [Capability.TEMPLATE_ARGUMENTS] : []),
  ];
}
