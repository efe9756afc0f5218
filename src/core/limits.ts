/** Bounds that requests are held to, in force for the whole process. Config may change each; ServerService reports them. */
export interface Limits {
  readonly messageBytes: number;
  readonly metadataBytes: number;
  /** Of the request bodies of all calls together, from their first byte until they are read in. */
  readonly totalRequestBytes: number;
  /** Output tokens where the caller gave no maximum. */
  readonly defaultMaxOutputTokens: number;
  readonly stopSequences: number;
  readonly stopSequenceBytes: number;
  readonly stopTokenIds: number;
  readonly logitBiases: number;
  readonly logitBiasTextBytes: number;
  readonly drySequenceBreakers: number;
  readonly drySequenceBreakerBytes: number;
  readonly topLogprobs: number;
  readonly labels: number;
  readonly labelKeyBytes: number;
  readonly labelValueBytes: number;
  readonly idBytes: number;
  readonly messages: number;
  readonly tools: number;
  /** Of one message or output. */
  readonly toolCalls: number;
  /** Of all calls of an output together. */
  readonly toolArgumentBytes: number;
  readonly schemaBytes: number;
  /** 0: no grammar of the caller's own is taken. */
  readonly gbnfBytes: number;
  readonly choices: number;
  readonly choiceBytes: number;
  /** Of what a schema, choices or tools come to. */
  readonly grammarRules: number;
  /** The same with all repetitions written out. */
  readonly grammarSymbols: number;
  /** Of a schema or a grammar. */
  readonly grammarNesting: number;
  readonly templateArgumentBytes: number;
  readonly streamsPerConnection: number;
  readonly calls: number;
  /** Each lane's places in line, for every slot. */
  readonly queuePerSlot: number;
  /** A call without a `max_wait` of its own is refused where its lower estimate is longer. */
  readonly queueWaitMs: number;
  /** Runs that gave their slots up and have not come back. */
  readonly preemptedRuns: number;
  /** The longest `max_wait` that a call may ask for. */
  readonly maxCallerWaitMs: number;
  readonly generationTimeMs: number;
  readonly slowReaderStallMs: number;
  readonly slowReaderBytesPerSecond: number;
  readonly slowReaderWindowMs: number;
  readonly maxSlowReaderLimitMs: number;
  /** After SLOW_READER the status may still be read for so long; then the stream is reset. */
  readonly slowReaderGraceMs: number;
  readonly creditPieces: number;
  readonly creditBytes: number;
  readonly minHeartbeatMs: number;
  readonly maxHeartbeatMs: number;
  readonly maxChunkDelayMs: number;
  readonly minWatchIntervalMs: number;
  readonly maxWatchIntervalMs: number;
  readonly healthWatchers: number;
  readonly loadWatchers: number;
  readonly unaryBodyMs: number;
  /** From the acceptance of a connection to the end of its peer's side of the HTTP/2 handshake. */
  readonly connectionHandshakeMs: number;
  /** Without a stream. */
  readonly connectionIdleMs: number;
  /** Then the peer is asked to connect anew. */
  readonly connectionAgeMs: number;
  /** How often the server asks a peer whether it is still there. */
  readonly keepaliveTimeMs: number;
  /** How long it waits for the answer. */
  readonly keepaliveTimeoutMs: number;
  /** Heartbeat interval of a stream whose caller gave none; 0: no heartbeats. */
  readonly defaultHeartbeatMs: number;
  /** Of all unary responses that are being made or wait for their readers. */
  readonly totalResponseBytes: number;
  /** Streams of server reflection, of both its versions. */
  readonly reflectionStreams: number;
  /** Generations that are known after their end. */
  readonly ledgerEntries: number;
  readonly ledgerAgeMs: number;
  readonly ledgerBytes: number;
  /** Results that are stored for a repeat of their call. */
  readonly idempotencyKeys: number;
  readonly idempotencyAgeMs: number;
  readonly idempotencyBytes: number;
  /** Entries of one page of a list. */
  readonly pageEntries: number;
  /** Stored sessions of one owner. */
  readonly sessions: number;
  readonly sessionTurns: number;
  /** Of a session's messages and answers, as JSON text. */
  readonly sessionBytes: number;
  readonly defaultSessionIdleMs: number;
  readonly maxSessionIdleMs: number;
  /** How long a server may be out of touch with the store before others end its turns. */
  readonly turnLeaseMs: number;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  messageBytes: 4 * 1024 * 1024,
  metadataBytes: 8 * 1024,
  totalRequestBytes: 64 * 1024 * 1024,
  defaultMaxOutputTokens: 512,
  stopSequences: 16,
  stopSequenceBytes: 256,
  stopTokenIds: 64,
  logitBiases: 1_024,
  logitBiasTextBytes: 256,
  drySequenceBreakers: 16,
  drySequenceBreakerBytes: 64,
  topLogprobs: 20,
  labels: 32,
  labelKeyBytes: 64,
  labelValueBytes: 256,
  idBytes: 128,
  messages: 1_024,
  tools: 64,
  toolCalls: 32,
  toolArgumentBytes: 64 * 1024,
  schemaBytes: 64 * 1024,
  gbnfBytes: 0,
  choices: 256,
  choiceBytes: 1_024,
  grammarRules: 4_096,
  grammarSymbols: 65_536,
  grammarNesting: 32,
  templateArgumentBytes: 16 * 1024,
  streamsPerConnection: 1_024,
  calls: 1_024,
  queuePerSlot: 4,
  queueWaitMs: 5_000,
  preemptedRuns: 256,
  maxCallerWaitMs: 10 * 60_000,
  generationTimeMs: 10 * 60_000,
  slowReaderStallMs: 30_000,
  slowReaderBytesPerSecond: 16,
  slowReaderWindowMs: 120_000,
  maxSlowReaderLimitMs: 10 * 60_000,
  slowReaderGraceMs: 2_000,
  creditPieces: 32,
  creditBytes: 4 * 1024,
  minHeartbeatMs: 1_000,
  maxHeartbeatMs: 60_000,
  maxChunkDelayMs: 1_000,
  minWatchIntervalMs: 1_000,
  maxWatchIntervalMs: 60_000,
  healthWatchers: 256,
  loadWatchers: 64,
  unaryBodyMs: 10_000,
  connectionHandshakeMs: 10_000,
  connectionIdleMs: 15 * 60_000,
  connectionAgeMs: 60 * 60_000,
  keepaliveTimeMs: 60_000,
  keepaliveTimeoutMs: 20_000,
  defaultHeartbeatMs: 0,
  totalResponseBytes: 64 * 1024 * 1024,
  reflectionStreams: 64,
  ledgerEntries: 10_000,
  ledgerAgeMs: 60 * 60_000,
  ledgerBytes: 16 * 1024 * 1024,
  idempotencyKeys: 10_000,
  idempotencyAgeMs: 60 * 60_000,
  idempotencyBytes: 64 * 1024 * 1024,
  pageEntries: 1_000,
  sessions: 250_000,
  sessionTurns: 1_000,
  sessionBytes: 4 * 1024 * 1024,
  defaultSessionIdleMs: 24 * 60 * 60_000,
  maxSessionIdleMs: 90 * 24 * 60 * 60_000,
  turnLeaseMs: 15_000,
});
