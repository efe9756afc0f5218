import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import {
  type CountTokensRequest,
  type CountTokensResponse,
  type DetokenizeRequest,
  type DetokenizeResponse,
  type TokenizeRequest,
  TokenizeResponse,
  TokenServiceService as SERVICE,
} from "../../../generated/rill/v1/token_service.js";
import type { CallContext, CallHost } from "../../grpc/call/call-context.js";
import type { DecodedRequest, EncodedResponse } from "../../grpc/contract/service-definition.js";
import { unaryMethod } from "../../grpc/call/service-methods.js";
import {
  parseCountTokensRequest,
  parseDetokenizeRequest,
  parseTokenizeRequest,
} from "../parse/parse-token-requests.js";
import { encodeInPieces, type MessageList } from "../response/encode-in-pieces.js";
import { showsTools } from "../../generation/call/tool-share.js";
import { type BackendSource, requireBackend } from "../../generation/call/backend.js";

/** Creates the handlers of rill.v1.TokenService, which need only the preparer and no generation. */
export function createTokenService(host: CallHost, source: BackendSource): UntypedServiceImplementation {
  const { limits } = host;

  const tokenize = async (
    request: DecodedRequest<TokenizeRequest>,
    { signal }: CallContext,
  ): Promise<EncodedResponse> => {
    const { preparer } = requireBackend(source);
    const tokenIds = await preparer.tokenize(parseTokenizeRequest(request), signal);
    const list: MessageList<TokenizeResponse> = {
      length: tokenIds.length,
      part: (start, end) => ({ tokenIds: [...tokenIds.slice(start, end)] }),
    };
    return await encodeInPieces({ tokenIds: [] }, { codec: TokenizeResponse, lists: [list], pace: host.pace });
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
    { caller: { tenant }, signal }: CallContext,
  ): Promise<CountTokensResponse> => {
    const { preparer, model, engine } = requireBackend(source);
    const bounds = { limits, vocabularySize: model.vocabularySize };
    const { input, maxOutputTokens } = parseCountTokensRequest(request, bounds);
    // An input that exceeds the context is counted too, because no token is shorter than a byte of the message.
    const { tokens } = await preparer.prepare(input, { tenant, maxInputTokens: limits.messageBytes, signal });
    const { length } = tokens;
    const counted = showsTools(input)
      ? await preparer.countTools(input, { maxTokens: limits.messageBytes, signal })
      : undefined;
    const availableOutputTokens = Math.max(engine.contextTokens - length, 0);
    return {
      inputTokens: length,
      contextTokens: engine.contextTokens,
      availableOutputTokens,
      fits: maxOutputTokens <= availableOutputTokens,
      toolTokens: counted?.tokens ?? 0,
    };
  };

  return {
    tokenize: unaryMethod(host, { method: "Tokenize", handle: tokenize, encode: SERVICE.tokenize.responseSerialize }),
    detokenize: unaryMethod(host, {
      method: "Detokenize",
      handle: detokenize,
      encode: SERVICE.detokenize.responseSerialize,
    }),
    countTokens: unaryMethod(host, {
      method: "CountTokens",
      handle: countTokens,
      encode: SERVICE.countTokens.responseSerialize,
    }),
  };
}
