import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { CacheScope } from "../../generated/rill/v1/cache_scope.js";
import type { Lane } from "../../generated/rill/v1/scheduling.js";
import { generationRequest, promptRequest, tokensRequest } from "../support/test-client.js";
import { BAD_SHAPES } from "./bad-shapes.js";
import { BAD_SAMPLING, type BadRequest } from "./bad-sampling.js";
import { chatOf, said } from "../support/said.js";

const NO_STOPS = { stopSequences: [], stopTokenIds: [] };

export const BAD_REQUESTS: readonly BadRequest[] = [
  { name: "no input", request: generationRequest({}), fields: ["input"] },
  { name: "an empty prompt", request: promptRequest(""), fields: ["prompt"] },
  { name: "no token ids", request: tokensRequest([]), fields: ["token_ids.ids"] },
  { name: "a token beyond the vocabulary", request: tokensRequest([65, 65_536]), fields: ["token_ids.ids[1]"] },
  {
    name: "control tokens in what is no prompt",
    request: tokensRequest([65], { parseControlTokens: false }),
    fields: ["parse_control_tokens"],
  },
  {
    name: "a chat without messages",
    request: generationRequest({ input: { $case: "chat", value: chatOf([]) } }),
    fields: ["chat.messages"],
  },
  {
    name: "messages without role or content, or with an unknown role",
    request: generationRequest({
      input: { $case: "chat", value: chatOf([said(undefined, "a"), said(2, undefined), said(9 as 1, "")]) },
    }),
    fields: ["chat.messages[0].role", "chat.messages[1].content", "chat.messages[2].role"],
  },
  ...BAD_SAMPLING,
  ...BAD_SHAPES,
  {
    name: "no output",
    request: promptRequest("a", { stopping: { ...NO_STOPS, maxOutputTokens: 0 } }),
    fields: ["stopping.max_output_tokens"],
  },
  {
    name: "more output than the context holds",
    request: promptRequest("a", { stopping: { ...NO_STOPS, maxOutputTokens: 2_048 } }),
    fields: ["stopping.max_output_tokens"],
  },
  {
    name: "too many stops",
    request: promptRequest("a", {
      stopping: {
        stopSequences: Array.from({ length: 17 }, () => "x"),
        stopTokenIds: Array.from({ length: 65 }, () => 1),
      },
    }),
    fields: ["stopping.stop_sequences", "stopping.stop_token_ids"],
  },
  {
    name: "stops that are empty, too long or beyond the vocabulary",
    request: promptRequest("a", { stopping: { stopSequences: ["", "ä".repeat(129)], stopTokenIds: [1, 65_536] } }),
    fields: ["stopping.stop_sequences[0]", "stopping.stop_sequences[1]", "stopping.stop_token_ids[1]"],
  },
  {
    name: "a repetition guard out of bounds",
    request: promptRequest("a", {
      stopping: { ...NO_STOPS, repetitionGuard: { maxPeriodTokens: 257, minRepeats: 1, minTokens: 65_537 } },
    }),
    fields: [
      "stopping.repetition_guard.max_period_tokens",
      "stopping.repetition_guard.min_repeats",
      "stopping.repetition_guard.min_tokens",
    ],
  },
  {
    name: "a repetition guard of nothing",
    request: promptRequest("a", {
      stopping: { ...NO_STOPS, repetitionGuard: { maxPeriodTokens: 0, minRepeats: 0, minTokens: 0 } },
    }),
    fields: [
      "stopping.repetition_guard.max_period_tokens",
      "stopping.repetition_guard.min_repeats",
      "stopping.repetition_guard.min_tokens",
    ],
  },
  {
    name: "more scores than the limit",
    request: promptRequest("a", { output: { logprobs: 21 } }),
    fields: ["output.logprobs"],
  },
  {
    name: "a time limit of nothing, and one beyond the bound",
    request: promptRequest("a", { stopping: { ...NO_STOPS, timeLimit: { seconds: 0, nanos: 0 } } }),
    fields: ["stopping.time_limit"],
  },
  {
    name: "durations out of range",
    request: promptRequest("a", {
      stopping: { ...NO_STOPS, timeLimit: { seconds: 601, nanos: 0 } },
      delivery: {
        heartbeatInterval: { seconds: 0, nanos: 999_999_999 },
        slowReaderLimit: { seconds: 601, nanos: 0 },
        maxChunkDelay: { seconds: -1, nanos: 0 },
      },
    }),
    fields: [
      "stopping.time_limit",
      "delivery.slow_reader_limit",
      "delivery.heartbeat_interval",
      "delivery.max_chunk_delay",
    ],
  },
  {
    name: "a duration whose nanos are none",
    request: promptRequest("a", { delivery: { maxChunkDelay: { seconds: 0, nanos: 1_000_000_000 } } }),
    fields: ["delivery.max_chunk_delay"],
  },
  {
    name: "a duration that no number holds",
    request: promptRequest("a", { delivery: { maxChunkDelay: { seconds: 2 ** 60, nanos: 0 } } }),
    fields: ["delivery.max_chunk_delay.seconds"],
  },
  {
    name: "a priority beyond the highest",
    request: promptRequest("a", { scheduling: { priority: 101 } }),
    fields: ["scheduling.priority"],
  },
  {
    name: "a max_wait beyond the limit",
    request: promptRequest("a", { scheduling: { maxWait: { seconds: 601, nanos: 0 } } }),
    fields: ["scheduling.max_wait"],
  },
  {
    name: "an unknown cache scope",
    request: promptRequest("a", { cache: 7 as CacheScope }),
    fields: ["cache"],
  },
  {
    name: "an unknown lane",
    request: promptRequest("a", { scheduling: { lane: 7 as Lane } }),
    fields: ["scheduling.lane"],
  },
  {
    name: "ids that are empty or too long",
    request: promptRequest("a", { requestId: "", expectedModel: "x".repeat(129) }),
    fields: ["expected_model", "request_id"],
  },
  {
    name: "labels that are too long, or without a key",
    request: promptRequest("a", {
      labels: new Map([
        ["", "v"],
        ["k".repeat(65), "v"],
        ["key", "v".repeat(257)],
      ]),
    }),
    fields: ['labels[""]', `labels["${"k".repeat(61)}…"]`, 'labels["key"]'],
  },
  {
    name: "too many labels",
    request: promptRequest("a", { labels: new Map(Array.from({ length: 33 }, (_, index) => [`k${index}`, "v"])) }),
    fields: ["labels"],
  },
];

const prompt = (): BinaryWriter => new BinaryWriter().tag(1, WireType.LengthDelimited).string("a");
const nested = (field: number, inner: BinaryWriter): BinaryWriter =>
  prompt().tag(field, WireType.LengthDelimited).bytes(inner.finish());
const entry = (key: string): Uint8Array =>
  new BinaryWriter().tag(1, WireType.LengthDelimited).string(key).tag(2, WireType.LengthDelimited).string("v").finish();
/** A lone surrogate, as a careless encoder writes it. */
const LONE_SURROGATE = Uint8Array.of(0xed, 0xa0, 0x80);

/** Bytes that no generated client makes. */
export const BAD_BYTES: readonly { name: string; bytes: Uint8Array; reason: string; fields: readonly string[] }[] = [
  {
    name: "an unknown field",
    bytes: prompt().tag(99, WireType.Varint).uint32(1).finish(),
    reason: "INVALID_REQUEST",
    fields: ["field 99"],
  },
  {
    name: "an unknown field inside a group",
    bytes: nested(20, new BinaryWriter().tag(19, WireType.Varint).uint32(1)).finish(),
    reason: "INVALID_REQUEST",
    fields: ["sampling"],
  },
  {
    name: "a label given twice",
    bytes: prompt()
      .tag(12, WireType.LengthDelimited)
      .bytes(entry("a"))
      .tag(12, WireType.LengthDelimited)
      .bytes(entry("a"))
      .finish(),
    reason: "INVALID_REQUEST",
    fields: ['labels["a"]'],
  },
  {
    name: "a string where a number belongs",
    bytes: nested(20, new BinaryWriter().tag(1, WireType.LengthDelimited).string("hot")).finish(),
    reason: "UNDECODABLE_MESSAGE",
    fields: ["sampling.temperature"],
  },
  {
    name: "a number where a string belongs",
    bytes: new BinaryWriter().tag(1, WireType.Varint).uint32(7).finish(),
    reason: "UNDECODABLE_MESSAGE",
    fields: ["prompt"],
  },
  {
    name: "a lone surrogate",
    bytes: new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(LONE_SURROGATE).finish(),
    reason: "UNDECODABLE_MESSAGE",
    fields: ["prompt"],
  },
  {
    name: "invalid UTF-8 deep in a message",
    bytes: new BinaryWriter()
      .tag(2, WireType.LengthDelimited)
      .bytes(
        new BinaryWriter()
          .tag(1, WireType.LengthDelimited)
          .bytes(new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(Uint8Array.of(0xff)).finish())
          .finish(),
      )
      .finish(),
    reason: "UNDECODABLE_MESSAGE",
    fields: ["chat.messages[0].content"],
  },
  {
    name: "a message that breaks off",
    bytes: Uint8Array.of(0x0a, 0x05, 0x61),
    reason: "UNDECODABLE_MESSAGE",
    fields: ["prompt"],
  },
  {
    name: "trailing bytes",
    bytes: Buffer.concat([prompt().finish(), Uint8Array.of(0)]),
    reason: "UNDECODABLE_MESSAGE",
    fields: [""],
  },
  {
    name: "a group that ends without having begun",
    bytes: Buffer.concat([prompt().finish(), Uint8Array.of(0x0c)]),
    reason: "UNDECODABLE_MESSAGE",
    fields: ["prompt"],
  },
];
