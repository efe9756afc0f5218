import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type {
  CountTokensRequest,
  CountTokensResponse,
  DetokenizeRequest,
  DetokenizeResponse,
  TokenizeRequest,
  TokenizeResponse,
} from "../../../generated/rill/v1/token_service.js";
import type { CallContext } from "../call/call-context.js";
import type { CallHost } from "../call/call-host.js";
import { unaryMethod } from "../call/unary-method.js";
import type { DecodedRequest } from "../request/decoded-request.js";
import {
  parseCountTokensRequest,
  parseDetokenizeRequest,
  parseTokenizeRequest,
} from "../request/parse-token-requests.js";
import { type BackendSource, requireBackend } from "./backend.js";

/** rill.v1.TokenService: the preparer's work alone, without a generation. */
export function createTokenService(host: CallHost, source: BackendSource): UntypedServiceImplementation {
  const { limits } = host;

  const tokenize = async (
    request: DecodedRequest<TokenizeRequest>,
    { signal }: CallContext,
  ): Promise<TokenizeResponse> => {
    const { preparer } = requireBackend(source);
    return { tokenIds: [...(await preparer.tokenize(parseTokenizeRequest(request), signal))] };
  };

  const detokenize = async (
    request: DecodedRequest<DetokenizeRequest>,
    { signal }: CallContext,
  ): Promise<DetokenizeResponse> => {
    const { preparer, model } = requireBackend(source);
    return { text: await preparer.detokenize(parseDetokenizeRequest(request, model), signal) };
  };

  const countTokens = async (
    request: DecodedRequest<CountTokensRequest>,
    { signal }: CallContext,
  ): Promise<CountTokensResponse> => {
    const { preparer, model, engine } = requireBackend(source);
    const bounds = { limits, vocabularySize: model.vocabularySize };
    const { input, maxOutputTokens } = parseCountTokensRequest(request, bounds);
    // What is too long for the context is counted all the same: no token is shorter than a byte of the message.
    const { tokens } = await preparer.prepare(input, { maxInputTokens: limits.messageBytes, signal });
    const { length } = tokens;
    const availableOutputTokens = Math.max(engine.contextTokens - length, 0);
    return {
      inputTokens: length,
      contextTokens: engine.contextTokens,
      availableOutputTokens,
      fits: maxOutputTokens <= availableOutputTokens,
    };
  };

  return {
    tokenize: unaryMethod(host, { method: "Tokenize", handle: tokenize }),
    detokenize: unaryMethod(host, { method: "Detokenize", handle: detokenize }),
    countTokens: unaryMethod(host, { method: "CountTokens", handle: countTokens }),
  };
}
