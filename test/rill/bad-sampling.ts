import type { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { promptRequest } from "../support/test-client.js";

/** A request that goes wrong, and the fields that its refusal has to name. */
export interface BadRequest {
  readonly name: string;
  readonly request: GenerateStreamRequest;
  readonly fields: readonly string[];
}

const NO_BIAS = { logitBias: [] };

export const BAD_SAMPLING: readonly BadRequest[] = [
  {
    name: "sampling out of bounds",
    request: promptRequest("a", { sampling: { temperature: 5.1, topK: 65_537, topP: 0, minP: -0.1, ...NO_BIAS } }),
    fields: ["sampling.temperature", "sampling.top_k", "sampling.top_p", "sampling.min_p"],
  },
  {
    name: "sampling that is no number",
    request: promptRequest("a", { sampling: { temperature: NaN, topP: Infinity, minP: -Infinity, ...NO_BIAS } }),
    fields: ["sampling.temperature", "sampling.top_p", "sampling.min_p"],
  },
  {
    name: "penalties out of bounds",
    request: promptRequest("a", {
      sampling: {
        ...NO_BIAS,
        repeatPenalty: 0,
        presencePenalty: -2.1,
        frequencyPenalty: 2.1,
        penaltyWindow: 2_049,
        dry: { multiplier: -1, base: 0.9, allowedLength: 0, window: 2_049, sequenceBreakers: ["", "x".repeat(65)] },
        xtc: { probability: 1.1, threshold: 0.51 },
      },
    }),
    fields: [
      "sampling.repeat_penalty",
      "sampling.presence_penalty",
      "sampling.frequency_penalty",
      "sampling.penalty_window",
      "sampling.dry.multiplier",
      "sampling.dry.base",
      "sampling.dry.allowed_length",
      "sampling.dry.window",
      "sampling.dry.sequence_breakers[0]",
      "sampling.dry.sequence_breakers[1]",
      "sampling.xtc.probability",
      "sampling.xtc.threshold",
    ],
  },
  {
    name: "penalties that are no numbers",
    request: promptRequest("a", {
      sampling: {
        repeatPenalty: NaN,
        presencePenalty: Infinity,
        frequencyPenalty: -Infinity,
        dry: { multiplier: NaN, base: Infinity, sequenceBreakers: [] },
        xtc: { probability: NaN, threshold: NaN },
        logitBias: [{ target: { $case: "tokenId", value: 7 }, bias: NaN }],
      },
    }),
    fields: [
      "sampling.repeat_penalty",
      "sampling.presence_penalty",
      "sampling.frequency_penalty",
      "sampling.dry.multiplier",
      "sampling.dry.base",
      "sampling.xtc.probability",
      "sampling.xtc.threshold",
      "sampling.logit_bias[0].bias",
    ],
  },
  {
    name: "too many biases and sequence breakers",
    request: promptRequest("a", {
      sampling: {
        dry: { sequenceBreakers: Array.from({ length: 17 }, () => "x") },
        logitBias: Array.from({ length: 1_025 }, (_, value) => ({ target: { $case: "tokenId", value }, bias: 1 })),
      },
    }),
    fields: ["sampling.dry.sequence_breakers", "sampling.logit_bias"],
  },
  {
    name: "biases without a target or a value, out of bounds, or twice for one token",
    request: promptRequest("a", {
      sampling: {
        logitBias: [
          { bias: 1 },
          { target: { $case: "tokenId", value: 65_536 }, bias: 100.1 },
          { target: { $case: "text", value: "" } },
          { target: { $case: "text", value: "x".repeat(257) }, bias: -100.1 },
          { target: { $case: "tokenId", value: 5 }, bias: 0 },
          { target: { $case: "tokenId", value: 5 }, bias: 1 },
        ],
      },
    }),
    fields: [
      "sampling.logit_bias[0]",
      "sampling.logit_bias[1].bias",
      "sampling.logit_bias[1].token_id",
      "sampling.logit_bias[2].bias",
      "sampling.logit_bias[2].text",
      "sampling.logit_bias[3].bias",
      "sampling.logit_bias[3].text",
      "sampling.logit_bias[5].token_id",
    ],
  },
  {
    name: "a bias on a text that is not one token",
    request: promptRequest("a", { sampling: { logitBias: [{ target: { $case: "text", value: "xyz" }, bias: 1 }] } }),
    fields: ["sampling.logit_bias[0].text"],
  },
  {
    name: "biases on a token and on the text of that token",
    request: promptRequest("a", {
      sampling: {
        logitBias: [
          { target: { $case: "text", value: "x" }, bias: 1 },
          { target: { $case: "tokenId", value: 120 }, bias: 1 },
        ],
      },
    }),
    fields: ["sampling.logit_bias[0].text"],
  },
];
