import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import {
  type CancelGenerationRequest,
  type CancelGenerationResponse,
  type GenerateRequest,
  GenerateResponse,
  type GenerateStreamRequest,
  type GenerateStreamResponse,
  GenerationServiceService as SERVICE,
  type GetGenerationRequest,
  type GetGenerationResponse,
} from "../../../generated/rill/v1/generation_service.js";
import type { CallContext } from "../../grpc/call/call-context.js";
import type { CallHost } from "../../grpc/call/call-host.js";
import type { EncodedResponse } from "../../grpc/contract/service-definition.js";
import { stallRule } from "../../grpc/call/reader-rule.js";
import { type Messages, streamMethod } from "../../grpc/call/stream-method.js";
import { unaryMethod } from "../../grpc/call/unary-method.js";
import type { GenerationRequest } from "../../core/generation-request.js";
import { foldGeneration } from "../generation/fold-generation.js";
import { KeyedGenerations } from "../generation/keyed-generations.js";
import { notedRefusal } from "../generation/noted-refusal.js";
import { openGeneration } from "../generation/open-generation.js";
import type { GenerationMessage } from "../response/event-message.js";
import type { DecodedRequest } from "../../grpc/contract/decoded-request.js";
import { parseCancelRequest, parseGetGenerationRequest } from "../parse/parse-target-requests.js";
import { parseGenerationRequest } from "../parse/parse-generation-request.js";
import { encodeInPieces } from "../response/encode-in-pieces.js";
import { toGenerationMessage } from "../response/generation-message.js";
import { toGenerationStateMessage } from "../response/state-messages.js";
import type { RunningTurns } from "../../sessions/running-turns.js";
import { type Backend, type BackendSource, requireBackend } from "../../generation/backend.js";

/** The lists that have an entry for each output token. */
const OUTPUT_LISTS = ["tokenIds", "logprobs", "tokenBytes"] as const;

/** Creates the handlers of rill.v1.GenerationService. */
export function createGenerationService(
  host: CallHost,
  source: BackendSource & { readonly turns: RunningTurns },
): UntypedServiceImplementation {
  const { limits, clock } = host;
  const { turns } = source;
  const keyed = new KeyedGenerations(limits, clock);

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

  const generate = async (request: DecodedRequest<GenerateRequest>, context: CallContext): Promise<EncodedResponse> => {
    const backend = requireBackend(source);
    const parsed = parse(request, { backend, context, streams: false });
    const call = { request: parsed, backend, keyed, turns, limits, clock, context, streams: false };
    const bounds = { maxResponseBytes: limits.messageBytes, context };
    const response = await foldGeneration(await openGeneration(call), bounds);
    return await encodeInPieces(response, { codec: GenerateResponse, lists: OUTPUT_LISTS, pace: host.pace });
  };

  const generateStream = (
    request: DecodedRequest<GenerateStreamRequest>,
    context: CallContext,
  ): Promise<Messages<GenerationMessage>> => {
    const backend = requireBackend(source);
    const parsed = parse(request, { backend, context, streams: true });
    const { slowReaderLimitMs } = parsed.delivery;
    if (slowReaderLimitMs !== undefined) context.useReaderRule(stallRule(slowReaderLimitMs));
    return openGeneration({ request: parsed, backend, keyed, turns, limits, clock, context, streams: true });
  };

  const cancelGeneration = (request: DecodedRequest<CancelGenerationRequest>): CancelGenerationResponse => {
    const { scheduler } = requireBackend(source);
    const { target, mode } = parseCancelRequest(request, limits);
    const { generationId, state } = scheduler.cancel(target, mode);
    return { generationId, state: toGenerationStateMessage(state) };
  };

  const getGeneration = (request: DecodedRequest<GetGenerationRequest>): GetGenerationResponse => {
    const { scheduler, model } = requireBackend(source);
    const report = scheduler.report(parseGetGenerationRequest(request, limits));
    return { generation: toGenerationMessage(report, { modelDigest: model.digest }) };
  };

  return {
    generate: unaryMethod(host, { method: "Generate", handle: generate, encode: SERVICE.generate.responseSerialize }),
    generateStream: streamMethod(host, {
      method: "GenerateStream",
      kind: "plain",
      handle: generateStream,
      toResponse: (event, sequence): GenerateStreamResponse => ({ sequence, event }),
      textBytes,
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

/** The bytes of text that a reader must take. */
function textBytes(event: GenerationMessage): number {
  if (event.$case === "chunk") return Buffer.byteLength(event.value.text);
  return event.$case === "toolCall" ? Buffer.byteLength(event.value.arguments) : 0;
}
