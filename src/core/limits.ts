/** The bounds of requests and of the server's resources. They apply to the whole process; the settings may change each, and ServerService reports them. */
export interface Limits {
  readonly messageBytes: number;
  readonly metadataBytes: number;
  /** The request bodies of all calls together, from their first byte until they are parsed. */
  readonly totalRequestBytes: number;
  /** The output tokens of a caller without a maximum. */
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
  /** The calls of one message or output. */
  readonly toolCalls: number;
  /** The arguments of all calls of an output together. */
  readonly toolArgumentBytes: number;
  readonly schemaBytes: number;
  /** 0 means that callers may not send a grammar of their own. */
  readonly gbnfBytes: number;
  readonly choices: number;
  readonly choiceBytes: number;
  /** The rules of a compiled schema, of choices or of tools. */
  readonly grammarRules: number;
  /** The symbols of a compiled grammar with all repetitions written out. */
  readonly grammarSymbols: number;
  /** The nesting of a schema or of a grammar's groups. */
  readonly grammarNesting: number;
  readonly templateArgumentBytes: number;
  readonly streamsPerConnection: number;
  readonly calls: number;
  /** The queue positions of each lane for every slot. */
  readonly queuePerSlot: number;
  /** A call without a `max_wait` is refused if its lower estimate is longer than this. */
  readonly queueWaitMs: number;
  /** The runs that are preempted and not yet back in a slot. */
  readonly preemptedRuns: number;
  /** The longest `max_wait` that a call may ask for. */
  readonly maxCallerWaitMs: number;
  readonly generationTimeMs: number;
  readonly slowReaderStallMs: number;
  readonly slowReaderBytesPerSecond: number;
  readonly slowReaderWindowMs: number;
  readonly maxSlowReaderLimitMs: number;
  /** The time in which the client may read the status SLOW_READER before the stream is reset. */
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
  /** The time from accepting a connection to the end of the peer's part of the HTTP/2 handshake. */
  readonly connectionHandshakeMs: number;
  /** The time that a connection may stay without a stream. */
  readonly connectionIdleMs: number;
  /** The age at which a connection's peer is asked to reconnect. */
  readonly connectionAgeMs: number;
  /** The interval at which the server pings each peer. */
  readonly keepaliveTimeMs: number;
  /** The time that the server waits for the answer to a ping. */
  readonly keepaliveTimeoutMs: number;
  /** The heartbeat interval of a stream whose caller gives none. 0 turns heartbeats off. */
  readonly defaultHeartbeatMs: number;
  /** The unary responses that are being encoded or wait for their readers, all together. */
  readonly totalResponseBytes: number;
  /** The streams of server reflection, of both versions together. */
  readonly reflectionStreams: number;
  /** The generations that are known after their end. */
  readonly ledgerEntries: number;
  readonly ledgerAgeMs: number;
  readonly ledgerBytes: number;
  /** The results that are stored for a repetition of their call. */
  readonly idempotencyKeys: number;
  readonly idempotencyAgeMs: number;
  readonly idempotencyBytes: number;
  /** The entries of one page of a list. */
  readonly pageEntries: number;
  /** The stored sessions of one owner. */
  readonly sessions: number;
  readonly sessionTurns: number;
  /** The messages and answers of a session as JSON text. */
  readonly sessionBytes: number;
  readonly defaultSessionIdleMs: number;
  readonly maxSessionIdleMs: number;
  /** The time without contact to the store after which other servers end this server's turns. */
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
  tools: 256,
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
