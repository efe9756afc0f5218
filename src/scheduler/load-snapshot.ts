import type { GenerationLoad, Lifecycle, LoadSnapshot } from "../core/load-snapshot.js";
import type { EngineFacts } from "../core/model-facts.js";
import type { Dispatcher } from "./dispatcher.js";
import type { GenerationRecord } from "./generation/generation-record.js";
import type { GenerationRegistry } from "./generation/generation-registry.js";
import type { LoadCounters } from "./generation/load-counters.js";

export interface LoadSources {
  readonly lifecycle: Lifecycle;
  readonly engine: EngineFacts;
  readonly dispatcher: Dispatcher;
  readonly registry: GenerationRegistry;
  readonly counters: LoadCounters;
  readonly nowMs: number;
}

/**
 * Takes a snapshot of the whole server. Generations that hold a slot come first, then those that wait in the queue, then the others. The limit on calls bounds
 * their number.
 */
export function takeLoadSnapshot(sources: LoadSources): LoadSnapshot {
  const { dispatcher, engine } = sources;
  const records = new Set([...dispatcher.records(), ...sources.registry]);
  const generations = Array.from(records, (record) => loadOf(record, sources.nowMs));
  return {
    lifecycle: sources.lifecycle,
    slots: dispatcher.slots,
    queues: { interactive: dispatcher.queueLoad("interactive"), batch: dispatcher.queueLoad("batch") },
    parked: generations.filter((generation) => generation.state === "parked").length,
    preempted: dispatcher.preempted,
    kvTokens: { used: dispatcher.kvTokens, capacity: engine.sequences * engine.contextTokens },
    estimatedWait: dispatcher.wait(),
    waitEstimates: dispatcher.waitEstimates,
    totals: sources.counters.totals(),
    generations,
  };
}

function loadOf(record: GenerationRecord, nowMs: number): GenerationLoad {
  const { generationId, tenant, requestId, lane } = record.identity;
  const usage = record.account.usage();
  return {
    generationId,
    tenant,
    requestId,
    lane,
    state: record.state,
    inputTokens: usage.inputTokens,
    decodedTokens: usage.outputTokens,
    deliveredTokens: usage.deliveredTokens,
    ageMs: nowMs - record.account.openedAtMs,
    inStateMs: record.account.inStateMs(nowMs),
  };
}
