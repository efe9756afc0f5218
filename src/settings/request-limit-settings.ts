import { DEFAULT_LIMITS } from "../core/limits.js";
import { count, size } from "./setting-types.js";

const KIB = 1024;
const MIB = 1024 * KIB;

/** The settings of the limits on a single request. */
export const REQUEST_LIMIT_SETTINGS = {
  messageBytes: size({
    name: "max-message-size",
    about: "largest request message and largest response message",
    default: DEFAULT_LIMITS.messageBytes,
    min: 4 * KIB,
    max: 64 * MIB,
  }),
  metadataBytes: size({
    name: "max-metadata-size",
    about: "largest metadata of a request",
    default: DEFAULT_LIMITS.metadataBytes,
    min: KIB,
    max: 64 * KIB,
  }),
  totalRequestBytes: size({
    name: "max-total-request-size",
    about: "memory for the request bodies of all calls, from their first byte until they are decoded",
    default: DEFAULT_LIMITS.totalRequestBytes,
    min: MIB,
    max: 16 * 1024 * MIB,
  }),
  defaultMaxOutputTokens: count({
    name: "max-output-tokens",
    about: "output tokens of a call that gives no max_output_tokens",
    default: DEFAULT_LIMITS.defaultMaxOutputTokens,
    min: 1,
    max: 1_048_576,
  }),
  stopSequences: count({
    name: "max-stop-sequences",
    about: "stop sequences in a call",
    default: DEFAULT_LIMITS.stopSequences,
    min: 0,
    max: 256,
  }),
  stopSequenceBytes: size({
    name: "max-stop-sequence-size",
    about: "longest stop sequence",
    default: DEFAULT_LIMITS.stopSequenceBytes,
    min: 1,
    max: 4 * KIB,
  }),
  stopTokenIds: count({
    name: "max-stop-tokens",
    about: "stop tokens in a call",
    default: DEFAULT_LIMITS.stopTokenIds,
    min: 0,
    max: 4_096,
  }),
  logitBiases: count({
    name: "max-logit-biases",
    about: "logit biases in a call",
    default: DEFAULT_LIMITS.logitBiases,
    min: 0,
    max: 16_384,
  }),
  logitBiasTextBytes: size({
    name: "max-logit-bias-text-size",
    about: "longest text of a logit bias",
    default: DEFAULT_LIMITS.logitBiasTextBytes,
    min: 1,
    max: 4 * KIB,
  }),
  drySequenceBreakers: count({
    name: "max-dry-breakers",
    about: "sequence breakers in dry",
    default: DEFAULT_LIMITS.drySequenceBreakers,
    min: 0,
    max: 256,
  }),
  drySequenceBreakerBytes: size({
    name: "max-dry-breaker-size",
    about: "longest sequence breaker in dry",
    default: DEFAULT_LIMITS.drySequenceBreakerBytes,
    min: 1,
    max: KIB,
  }),
  topLogprobs: count({
    name: "max-top-logprobs",
    about: "largest value of output.logprobs",
    default: DEFAULT_LIMITS.topLogprobs,
    min: 0,
    max: 256,
  }),
  labels: count({
    name: "max-labels",
    about: "labels in a call",
    default: DEFAULT_LIMITS.labels,
    min: 0,
    max: 256,
  }),
  labelKeyBytes: size({
    name: "max-label-key-size",
    about: "longest key of a label",
    default: DEFAULT_LIMITS.labelKeyBytes,
    min: 1,
    max: KIB,
  }),
  labelValueBytes: size({
    name: "max-label-value-size",
    about: "longest value of a label",
    default: DEFAULT_LIMITS.labelValueBytes,
    min: 1,
    max: 4 * KIB,
  }),
  idBytes: size({
    name: "max-id-size",
    about: "longest request id, generation id or model name in a request",
    default: DEFAULT_LIMITS.idBytes,
    min: 16,
    max: KIB,
  }),
  messages: count({
    name: "max-messages",
    about: "messages in a conversation",
    default: DEFAULT_LIMITS.messages,
    min: 1,
    max: 65_536,
  }),
};
