import { DEFAULT_LIMITS, type Limits } from "../core/limits.js";
import { CONNECTION_LIMIT_SETTINGS } from "./connection-limit-settings.js";
import { OUTPUT_LIMIT_SETTINGS } from "./output-limit-settings.js";
import { REQUEST_LIMIT_SETTINGS } from "./request-limit-settings.js";
import { SESSION_LIMIT_SETTINGS } from "./session-limit-settings.js";
import type { Setting } from "./setting.js";
import { count, duration, size } from "./setting-types.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KIB = 1024;
const MIB = 1024 * KIB;

/** The settings of all limits, one for each field of Limits. */
export const LIMIT_SETTINGS: { readonly [Limit in keyof Limits]: Setting<Limits[Limit]> } = {
  ...REQUEST_LIMIT_SETTINGS,
  ...OUTPUT_LIMIT_SETTINGS,
  ...SESSION_LIMIT_SETTINGS,
  ...CONNECTION_LIMIT_SETTINGS,
  streamsPerConnection: count({
    name: "max-connection-streams",
    about: "concurrent calls on one connection",
    default: DEFAULT_LIMITS.streamsPerConnection,
    min: 1,
    max: 65_536,
  }),
  calls: count({
    name: "max-calls",
    about: "concurrent calls in the process",
    default: DEFAULT_LIMITS.calls,
    min: 1,
    max: 65_536,
  }),
  queuePerSlot: count({
    name: "queue-per-slot",
    about: "length of each lane's queue, per slot",
    default: DEFAULT_LIMITS.queuePerSlot,
    min: 0,
    max: 1_024,
  }),
  queueWaitMs: duration({
    name: "max-queue-wait",
    about: "longest estimated wait of a call that gives no max_wait; beyond it the call is refused",
    default: DEFAULT_LIMITS.queueWaitMs,
    min: 0,
    max: HOUR,
  }),
  preemptedRuns: count({
    name: "max-preempted",
    about: "generations that may be preempted at one time because their readers are behind",
    default: DEFAULT_LIMITS.preemptedRuns,
    min: 0,
    max: 65_536,
  }),
  maxCallerWaitMs: duration({
    name: "max-caller-wait",
    about: "longest max_wait of a call",
    default: DEFAULT_LIMITS.maxCallerWaitMs,
    min: 0,
    max: 24 * HOUR,
  }),
  generationTimeMs: duration({
    name: "max-generation-time",
    about: "longest time that a generation may run, including the time in which it is paused",
    default: DEFAULT_LIMITS.generationTimeMs,
    min: SECOND,
    max: 24 * HOUR,
  }),
  slowReaderStallMs: duration({
    name: "slow-reader-stall",
    about: "longest time that a reader may take nothing while text waits",
    default: DEFAULT_LIMITS.slowReaderStallMs,
    min: SECOND,
    max: HOUR,
  }),
  slowReaderBytesPerSecond: size({
    name: "slow-reader-rate",
    about: "text per second that a reader must take while text waits",
    default: DEFAULT_LIMITS.slowReaderBytesPerSecond,
    min: 0,
    max: MIB,
  }),
  slowReaderWindowMs: duration({
    name: "slow-reader-window",
    about: "time over which that rate is measured",
    default: DEFAULT_LIMITS.slowReaderWindowMs,
    min: SECOND,
    max: HOUR,
  }),
  maxSlowReaderLimitMs: duration({
    name: "max-slow-reader-limit",
    about: "longest slow_reader_limit of a call",
    default: DEFAULT_LIMITS.maxSlowReaderLimitMs,
    min: SECOND,
    max: 24 * HOUR,
  }),
  slowReaderGraceMs: duration({
    name: "slow-reader-grace",
    about: "how long a slow reader may take to receive its status before the stream is reset",
    default: DEFAULT_LIMITS.slowReaderGraceMs,
    min: 0,
    max: MINUTE,
  }),
  creditPieces: count({
    name: "credit-pieces",
    about: "pieces of output that may be decoded ahead of a reader",
    default: DEFAULT_LIMITS.creditPieces,
    min: 1,
    max: 4_096,
  }),
  creditBytes: size({
    name: "credit-size",
    about: "text that may be decoded ahead of a reader",
    default: DEFAULT_LIMITS.creditBytes,
    min: 64,
    max: MIB,
  }),
  minHeartbeatMs: duration({
    name: "min-heartbeat",
    about: "shortest heartbeat_interval of a call",
    default: DEFAULT_LIMITS.minHeartbeatMs,
    min: 100,
    max: HOUR,
  }),
  maxHeartbeatMs: duration({
    name: "max-heartbeat",
    about: "longest heartbeat_interval of a call",
    default: DEFAULT_LIMITS.maxHeartbeatMs,
    min: 100,
    max: HOUR,
  }),
  defaultHeartbeatMs: duration({
    name: "default-heartbeat",
    about: "heartbeat interval of a stream whose call gives none; 0: no heartbeats",
    default: DEFAULT_LIMITS.defaultHeartbeatMs,
    min: 0,
    max: HOUR,
  }),
  maxChunkDelayMs: duration({
    name: "max-chunk-delay",
    about: "longest max_chunk_delay of a call",
    default: DEFAULT_LIMITS.maxChunkDelayMs,
    min: 0,
    max: MINUTE,
  }),
  minWatchIntervalMs: duration({
    name: "min-watch-interval",
    about: "shortest interval of WatchLoad",
    default: DEFAULT_LIMITS.minWatchIntervalMs,
    min: 100,
    max: HOUR,
  }),
  maxWatchIntervalMs: duration({
    name: "max-watch-interval",
    about: "longest interval of WatchLoad",
    default: DEFAULT_LIMITS.maxWatchIntervalMs,
    min: 100,
    max: HOUR,
  }),
  healthWatchers: count({
    name: "max-health-watchers",
    about: "concurrent health Watch streams",
    default: DEFAULT_LIMITS.healthWatchers,
    min: 1,
    max: 65_536,
  }),
  loadWatchers: count({
    name: "max-load-watchers",
    about: "concurrent WatchLoad streams",
    default: DEFAULT_LIMITS.loadWatchers,
    min: 1,
    max: 65_536,
  }),
  unaryBodyMs: duration({
    name: "request-timeout",
    about: "how long a request message may take to arrive",
    default: DEFAULT_LIMITS.unaryBodyMs,
    min: 100,
    max: HOUR,
  }),
  totalResponseBytes: size({
    name: "max-total-response-size",
    about: "memory for unary responses that are being created or wait for their readers",
    default: DEFAULT_LIMITS.totalResponseBytes,
    min: 64 * KIB,
    max: 16 * 1_024 * MIB,
  }),
  reflectionStreams: count({
    name: "max-reflection-streams",
    about: "concurrent server reflection streams",
    default: DEFAULT_LIMITS.reflectionStreams,
    min: 1,
    max: 65_536,
  }),
  ledgerEntries: count({
    name: "max-ledger-generations",
    about: "ended generations that GetGeneration knows",
    default: DEFAULT_LIMITS.ledgerEntries,
    min: 0,
    max: 1_048_576,
  }),
  ledgerAgeMs: duration({
    name: "max-ledger-age",
    about: "how long GetGeneration knows a generation after its end",
    default: DEFAULT_LIMITS.ledgerAgeMs,
    min: 0,
    max: 24 * HOUR,
  }),
  ledgerBytes: size({
    name: "max-ledger-size",
    about: "memory for the ended generations that GetGeneration knows",
    default: DEFAULT_LIMITS.ledgerBytes,
    min: 0,
    max: 1_024 * MIB,
  }),
  idempotencyKeys: count({
    name: "max-idempotency-keys",
    about: "results that are stored for their idempotency keys",
    default: DEFAULT_LIMITS.idempotencyKeys,
    min: 0,
    max: 1_048_576,
  }),
  idempotencyAgeMs: duration({
    name: "max-idempotency-age",
    about: "how long a result is stored for its idempotency key",
    default: DEFAULT_LIMITS.idempotencyAgeMs,
    min: 0,
    max: 24 * HOUR,
  }),
  idempotencyBytes: size({
    name: "max-idempotency-size",
    about: "memory for the results that are stored for their idempotency keys",
    default: DEFAULT_LIMITS.idempotencyBytes,
    min: 0,
    max: 1_024 * MIB,
  }),
};
