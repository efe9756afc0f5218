import type {
  CountTokensRequest,
  DetokenizeRequest,
  TokenizeRequest,
} from "../../../generated/rill/v1/token_service.js";
import { Violations } from "../../core/generation-error.js";
import type { GenerationInput } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import { type DecodedRequest, readableMessage } from "../../grpc/contract/service-definition.js";
import { parseTokenIds } from "./parse-field.js";
import { parseInput } from "./parse-input.js";

/** A text to tokenise, in the form that the preparer takes. */
export interface TokenizeCall {
  readonly text: string;
  readonly addBeginning: boolean;
  readonly parseControlTokens: boolean;
}

/** An input to count, and the output tokens that must fit beside it. */
export interface CountTokensCall {
  readonly input: GenerationInput;
  readonly maxOutputTokens: number;
}

/**
 * Parses a request of Tokenize.
 * @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST, as do the other parsers here
 */
export function parseTokenizeRequest(request: DecodedRequest<TokenizeRequest>): TokenizeCall {
  const { text, addBeginning, parseControlTokens } = readableMessage(request);
  const violations = new Violations();
  if (text === undefined) violations.add("text", "is missing");
  violations.throwIfAny();
  return { text: text ?? "", addBeginning: addBeginning ?? true, parseControlTokens: parseControlTokens ?? false };
}

export function parseDetokenizeRequest(
  request: DecodedRequest<DetokenizeRequest>,
  { vocabularySize }: { vocabularySize: number },
): readonly number[] {
  const violations = new Violations();
  const list = { field: "token_ids", ids: readableMessage(request).tokenIds, vocabularySize };
  const tokenIds = parseTokenIds(list, violations);
  violations.throwIfAny();
  return tokenIds;
}

export function parseCountTokensRequest(
  request: DecodedRequest<CountTokensRequest>,
  { limits, vocabularySize }: { limits: Limits; vocabularySize: number },
): CountTokensCall {
  const message = readableMessage(request);
  const violations = new Violations();
  const bounds = { vocabularySize, limits, kinds: "prompt, chat and token_ids" };
  const input = parseInput(message, bounds, violations);
  if (message.maxOutputTokens === 0) violations.add("max_output_tokens", "is 0; it must be at least 1");
  violations.throwIfAny();
  return { input, maxOutputTokens: message.maxOutputTokens ?? 1 };
}
