import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { Capability, ChatTemplateSource, type Model } from "../../../generated/rill/v1/model.js";
import type { GetModelRequest, GetModelResponse } from "../../../generated/rill/v1/model_service.js";
import type { EngineFacts, ModelFacts } from "../../core/model-facts.js";
import type { CallHost } from "../call/call-host.js";
import { unaryMethod } from "../call/unary-method.js";
import type { DecodedRequest } from "../request/decoded-request.js";
import { requireKnownFields } from "../request/require-known-fields.js";
import { type BackendSource, requireBackend } from "./backend.js";

/** rill.v1.ModelService. */
export function createModelService(host: CallHost, source: BackendSource): UntypedServiceImplementation {
  const getModel = (request: DecodedRequest<GetModelRequest>): GetModelResponse => {
    const { model, engine } = requireBackend(source);
    requireKnownFields(request);
    return { model: toModelMessage(model, engine) };
  };
  return { getModel: unaryMethod(host, { method: "GetModel", handle: getModel }) };
}

function toModelMessage(model: ModelFacts, engine: EngineFacts): Model {
  const { family, source } = model.template;
  return {
    name: model.name,
    digest: model.digest,
    contextTokens: engine.contextTokens,
    trainingContextTokens: model.trainContextTokens,
    vocabularyTokens: model.vocabularySize,
    sizeBytes: model.sizeBytes,
    chatTemplate: { family, source: source === "model" ? ChatTemplateSource.MODEL : ChatTemplateSource.FALLBACK },
    capabilities: [Capability.PROMPT, Capability.CHAT, Capability.TOKEN_IDS, Capability.TURN],
  };
}
