import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import {
  type CancelGenerationRequest,
  type CancelGenerationResponse,
  type GenerateRequest,
  type GenerateStreamRequest,
  GenerationServiceService as SERVICE,
  type GetGenerationRequest,
  type GetGenerationResponse,
} from "../../../generated/rill/v1/generation_service.js";
import { GenerationError } from "../../core/generation-error.js";
import type { GenerationMessage } from "../../core/generation-message.js";
import type { GenerationRequest } from "../../core/generation-request.js";
import { notedRefusal } from "../../generation/call/refusals.js";
import { type Backend, type BackendSource, requireBackend } from "../../generation/call/backend.js";
import type { GenerationHost, RequestedCall } from "../../generation/claim/generation-call.js";
import { foldGeneration } from "../../generation/fold-generation.js";
import { openGeneration } from "../../generation/open-generation.js";
import type { CallContext, CallHost } from "../../grpc/call/call-context.js";
import { stallRule } from "../../grpc/call/stream-writer.js";
import { type Messages, streamMethod, unaryMethod } from "../../grpc/call/service-methods.js";
import type { DecodedRequest, EncodedResponse } from "../../grpc/contract/service-definition.js";
import { parseGenerationRequest } from "../parse/parse-generation-request.js";
import { parseCancelRequest, parseGetGenerationRequest } from "../parse/parse-target-requests.js";
import { toGenerationMessage, toGenerationStateMessage } from "../response/generation-message.js";
import { encodeGenerateResponse, textBytesOf, toStreamResponse } from "../response/generation-responses.js";

/**
 * Checks the caller of a session's turn, which reads and writes the session.
 * @throws GenerationError PERMISSION_DENIED
 */
function requireSessions({ caller }: CallContext): void {
  if (caller.permissions.has("sessions")) return;
  throw new GenerationError("PERMISSION_DENIED", "a turn of a session takes a caller with the permission sessions", {
    facts: { permission: "sessions" },
  });
}

/** An action of a caller on a generation. */
interface Visit {
  readonly action: "cancel_generation" | "read_generation";
  readonly method: string;
  readonly context: CallContext;
  /** The tenant of the generation. */
  readonly tenant: string;
  readonly generationId: string;
}

/** Records an action if the generation is another tenant's. */
function recordVisit({ audit }: CallHost, { action, method, context, tenant, generationId }: Visit): void {
  const { caller, origin } = context;
  if (tenant === caller.tenant) return;
  const target = `rill.v1.GenerationService/${method}`;
  audit.record({ action, outcome: "done", caller, peer: origin.peer, target, targetTenant: tenant, generationId });
}

/** Creates the handlers of rill.v1.GenerationService. */
export function createGenerationService(
  host: CallHost,
  source: BackendSource & { readonly generations: GenerationHost },
): UntypedServiceImplementation {
  const { limits } = host;
  const { generations } = source;

  const parse = (
    request: DecodedRequest<GenerateRequest | GenerateStreamRequest>,
    { backend, context, streams }: { backend: Backend; context: CallContext; streams: boolean },
  ): GenerationRequest => {
    const { model, engine, scheduler } = backend;
    if (request.type === "decoded") context.nameRequest(request.message?.requestId);
    try {
      return parseGenerationRequest(request, { limits, model, contextTokens: engine.contextTokens, streams });
    } catch (thrown) {
      throw notedRefusal(thrown, { scheduler, signal: context.signal });
    }
  };

  const callOf = (
    request: DecodedRequest<GenerateRequest | GenerateStreamRequest>,
    { context, streams }: { context: CallContext; streams: boolean },
  ): RequestedCall => {
    const backend = requireBackend(source);
    const parsed = parse(request, { backend, context, streams });
    if (parsed.input.type === "turn") requireSessions(context);
    return { ...generations, request: parsed, backend, handle: context, streams };
  };

  const generate = async (request: DecodedRequest<GenerateRequest>, context: CallContext): Promise<EncodedResponse> => {
    const call = callOf(request, { context, streams: false });
    const bounds = { maxResponseBytes: limits.messageBytes, handle: context };
    return await encodeGenerateResponse(await foldGeneration(await openGeneration(call), bounds), host.pace);
  };

  const generateStream = (
    request: DecodedRequest<GenerateStreamRequest>,
    context: CallContext,
  ): Promise<Messages<GenerationMessage>> => {
    const call = callOf(request, { context, streams: true });
    const { slowReaderLimitMs } = call.request.delivery;
    if (slowReaderLimitMs !== undefined) context.useReaderRule(stallRule(slowReaderLimitMs));
    return openGeneration(call);
  };

  const cancelGeneration = (
    request: DecodedRequest<CancelGenerationRequest>,
    context: CallContext,
  ): CancelGenerationResponse => {
    const { caller } = context;
    const { scheduler } = requireBackend(source);
    const { target, mode } = parseCancelRequest(request, limits);
    const viewer = { tenant: caller.tenant, everyTenant: caller.permissions.has("cancel") };
    const { generationId, tenant, state } = scheduler.cancel(target, mode, viewer);
    recordVisit(host, { action: "cancel_generation", method: "CancelGeneration", context, tenant, generationId });
    return { generationId, state: toGenerationStateMessage(state) };
  };

  const getGeneration = (
    request: DecodedRequest<GetGenerationRequest>,
    context: CallContext,
  ): GetGenerationResponse => {
    const { caller } = context;
    const { scheduler, model } = requireBackend(source);
    const viewer = { tenant: caller.tenant, everyTenant: caller.permissions.has("observe") };
    const report = scheduler.report(parseGetGenerationRequest(request, limits), viewer);
    const { tenant, generationId } = report;
    recordVisit(host, { action: "read_generation", method: "GetGeneration", context, tenant, generationId });
    return { generation: toGenerationMessage(report, { modelDigest: model.digest }) };
  };

  return {
    generate: unaryMethod(host, { method: "Generate", handle: generate, encode: SERVICE.generate.responseSerialize }),
    generateStream: streamMethod(host, {
      method: "GenerateStream",
      kind: "plain",
      handle: generateStream,
      toResponse: toStreamResponse,
      textBytes: textBytesOf,
      taken: (message) => message.taken(),
    }),
    cancelGeneration: unaryMethod(host, {
      method: "CancelGeneration",
      handle: cancelGeneration,
      encode: SERVICE.cancelGeneration.responseSerialize,
    }),
    getGeneration: unaryMethod(host, {
      method: "GetGeneration",
      handle: getGeneration,
      encode: SERVICE.getGeneration.responseSerialize,
    }),
  };
}
