import type { Limits as LimitsMessage } from "../../../generated/rill/v1/limits.js";
import {
  type GenerationLoad as GenerationLoadMessage,
  type Load,
  LifecycleState as LifecycleMessage,
} from "../../../generated/rill/v1/load.js";
import type { ServerInfo } from "../../../generated/rill/v1/server_info.js";
import { LANES } from "../../core/generation-request.js";
import type { Limits } from "../../core/limits.js";
import type { GenerationLoad, Lifecycle, LoadSnapshot } from "../../core/load-snapshot.js";
import type { EngineFacts } from "../../core/model-facts.js";
import type { ConnectionBounds } from "../../grpc/connection/connections.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";
import { toGenerationStateMessage, toLaneMessage } from "./generation-message.js";

const LIFECYCLES: Readonly<Record<Lifecycle, LifecycleMessage>> = {
  starting: LifecycleMessage.STARTING,
  serving: LifecycleMessage.SERVING,
  draining: LifecycleMessage.DRAINING,
  stopped: LifecycleMessage.STOPPED,
  failed: LifecycleMessage.FAILED,
};

/** The facts about the server that are known before the model loads. */
export interface ServerStart {
  /** The version of Rill. */
  readonly version: string;
  readonly instanceId: string;
  /** The start of the process, in milliseconds since the epoch. */
  readonly processStartMs: number;
}

interface ServerInfoFacts {
  readonly start: ServerStart;
  readonly engine: EngineFacts;
  readonly limits: Limits;
  readonly slots: number;
  readonly maxWaitingPerLane: number;
  readonly connections: ConnectionBounds;
}

/** Converts the description of the server. */
export function toServerInfoMessage(facts: ServerInfoFacts): ServerInfo {
  const { start, engine, slots } = facts;
  return {
    version: start.version,
    instanceId: start.instanceId,
    nodeVersion: process.versions.node,
    llamaCppRelease: engine.release,
    startTime: toDurationMessage(start.processStartMs),
    slots,
    contextTokens: engine.contextTokens,
    threads: engine.threads,
    limits: toLimitsMessage(facts),
  };
}

function toLimitsMessage({ limits, maxWaitingPerLane, connections }: ServerInfoFacts): LimitsMessage {
  return {
    maxRequestBytes: limits.messageBytes,
    maxResponseBytes: limits.messageBytes,
    maxTotalRequestBytes: limits.totalRequestBytes,
    maxMetadataBytes: limits.metadataBytes,
    maxStreamsPerConnection: limits.streamsPerConnection,
    maxStreams: limits.calls,
    maxRequestBodyTime: toDurationMessage(limits.unaryBodyMs),
    maxTotalResponseBytes: limits.totalResponseBytes,
    maxReflectionStreams: limits.reflectionStreams,
    maxIdBytes: limits.idBytes,
    maxLabels: limits.labels,
    maxLabelKeyBytes: limits.labelKeyBytes,
    maxLabelValueBytes: limits.labelValueBytes,
    maxMessages: limits.messages,
    maxTools: limits.tools,
    maxToolCalls: limits.toolCalls,
    maxToolArgumentBytes: limits.toolArgumentBytes,
    maxSchemaBytes: limits.schemaBytes,
    maxGbnfBytes: limits.gbnfBytes,
    maxChoices: limits.choices,
    maxChoiceBytes: limits.choiceBytes,
    maxGrammarRules: limits.grammarRules,
    maxGrammarSymbols: limits.grammarSymbols,
    maxGrammarNesting: limits.grammarNesting,
    maxTemplateArgumentBytes: limits.templateArgumentBytes,
    maxStopSequences: limits.stopSequences,
    maxStopSequenceBytes: limits.stopSequenceBytes,
    maxStopTokenIds: limits.stopTokenIds,
    maxLogitBiases: limits.logitBiases,
    maxLogitBiasTextBytes: limits.logitBiasTextBytes,
    maxDrySequenceBreakers: limits.drySequenceBreakers,
    maxDrySequenceBreakerBytes: limits.drySequenceBreakerBytes,
    maxTopLogprobs: limits.topLogprobs,
    defaultMaxOutputTokens: limits.defaultMaxOutputTokens,
    maxGenerationTime: toDurationMessage(limits.generationTimeMs),
    maxWaitingPerLane,
    maxEstimatedWait: toDurationMessage(limits.queueWaitMs),
    maxPreemptedGenerations: limits.preemptedRuns,
    maxCallerWait: toDurationMessage(limits.maxCallerWaitMs),
    creditWindowPieces: limits.creditPieces,
    creditWindowBytes: limits.creditBytes,
    slowReaderStall: toDurationMessage(limits.slowReaderStallMs),
    slowReaderBytesPerSecond: limits.slowReaderBytesPerSecond,
    slowReaderRateWindow: toDurationMessage(limits.slowReaderWindowMs),
    maxSlowReaderLimit: toDurationMessage(limits.maxSlowReaderLimitMs),
    slowReaderGrace: toDurationMessage(limits.slowReaderGraceMs),
    minHeartbeatInterval: toDurationMessage(limits.minHeartbeatMs),
    maxHeartbeatInterval: toDurationMessage(limits.maxHeartbeatMs),
    maxChunkDelay: toDurationMessage(limits.maxChunkDelayMs),
    minWatchLoadInterval: toDurationMessage(limits.minWatchIntervalMs),
    maxWatchLoadInterval: toDurationMessage(limits.maxWatchIntervalMs),
    maxLoadWatchers: limits.loadWatchers,
    maxHealthWatchers: limits.healthWatchers,
    maxLedgerGenerations: limits.ledgerEntries,
    maxLedgerAge: toDurationMessage(limits.ledgerAgeMs),
    maxLedgerBytes: limits.ledgerBytes,
    maxIdempotencyKeys: limits.idempotencyKeys,
    maxIdempotencyAge: toDurationMessage(limits.idempotencyAgeMs),
    maxIdempotencyBytes: limits.idempotencyBytes,
    maxPageSize: limits.pageEntries,
    maxSessions: limits.sessions,
    maxSessionTurns: limits.sessionTurns,
    maxSessionBytes: limits.sessionBytes,
    defaultSessionIdleTimeout: toDurationMessage(limits.defaultSessionIdleMs),
    maxSessionIdleTimeout: toDurationMessage(limits.maxSessionIdleMs),
    turnLease: toDurationMessage(limits.turnLeaseMs),
    maxConnections: connections.max,
    connectionHandshakeTimeout: toDurationMessage(limits.connectionHandshakeMs),
    maxConnectionIdle: toDurationMessage(limits.connectionIdleMs),
    maxConnectionAge: toDurationMessage(limits.connectionAgeMs),
    maxConnectionAgeGrace: toDurationMessage(connections.ageGraceMs),
    defaultHeartbeatInterval: toDurationMessage(limits.defaultHeartbeatMs),
    keepaliveTime: toDurationMessage(limits.keepaliveTimeMs),
    keepaliveTimeout: toDurationMessage(limits.keepaliveTimeoutMs),
  };
}

/** Converts a snapshot of the load. */
export function toLoadMessage(load: LoadSnapshot): Load {
  return {
    state: LIFECYCLES[load.lifecycle],
    slotsTotal: load.slots.total,
    slotsBusy: load.slots.busy,
    parked: load.parked,
    preempted: load.preempted,
    lanes: LANES.map((lane) => ({ lane: toLaneMessage(lane), ...load.queues[lane] })),
    estimatedWaitLow: toDurationMessage(load.estimatedWait.lowMs),
    estimatedWaitHigh: toDurationMessage(load.estimatedWait.highMs),
    kvTokensInUse: load.kvTokens.used,
    kvTokensTotal: load.kvTokens.capacity,
    decodedTokensTotal: load.totals.decodedTokens,
    prefilledTokensTotal: load.totals.inputTokens - load.totals.reusedInputTokens,
    reprefilledTokensTotal: load.totals.reprefilledTokens,
    draftTokensTotal: load.totals.draftTokens,
    acceptedDraftTokensTotal: load.totals.acceptedDraftTokens,
    preemptionsTotal: load.totals.preemptions,
    refusalsTotal: new Map(load.totals.refused),
    generations: load.generations.map(toGenerationLoadMessage),
  };
}

/**
 * Converts the part of a snapshot that a caller without the permission `observe` sees: the generations of its tenant, the wait that it would have, and
 * nothing that counts other tenants' work.
 */
export function toOwnLoadMessage(load: LoadSnapshot, tenant: string): Load {
  const { lifecycle, slots, estimatedWait } = load;
  const own = load.generations.filter((generation) => generation.tenant === tenant);
  return {
    state: LIFECYCLES[lifecycle],
    slotsTotal: slots.total,
    slotsBusy: 0,
    parked: 0,
    preempted: 0,
    lanes: [],
    estimatedWaitLow: toDurationMessage(estimatedWait.lowMs),
    estimatedWaitHigh: toDurationMessage(estimatedWait.highMs),
    kvTokensInUse: 0,
    kvTokensTotal: 0,
    decodedTokensTotal: 0,
    prefilledTokensTotal: 0,
    reprefilledTokensTotal: 0,
    draftTokensTotal: 0,
    acceptedDraftTokensTotal: 0,
    preemptionsTotal: 0,
    refusalsTotal: new Map(),
    generations: own.map(toGenerationLoadMessage),
  };
}

function toGenerationLoadMessage(generation: GenerationLoad): GenerationLoadMessage {
  return {
    generationId: generation.generationId,
    requestId: generation.requestId,
    state: toGenerationStateMessage(generation.state),
    lane: toLaneMessage(generation.lane),
    inputTokens: generation.inputTokens,
    decodedTokens: generation.decodedTokens,
    deliveredTokens: generation.deliveredTokens,
    age: toDurationMessage(generation.ageMs),
    timeInState: toDurationMessage(generation.inStateMs),
  };
}
