import type { Lane } from "../core/generation-request.js";
import type { TenantPolicies } from "../core/tenant-policy.js";
import { QUANTUM_TOKENS, type RunWork } from "./forecast/run-work.js";
import type { ChargedRun } from "./queue/work-ledger.js";

/** A run may keep its slot for one token for each of this number in its sequence, so that saving and restoring it stays a small part of the time. */
const SEQUENCE_TOKENS_A_TOKEN = 16;
/** It may also keep it for one token for each of this number that it prefilled again, so that returning without a saved state does not cost most of the time. */
const REPREFILLED_TOKENS_A_TOKEN = 4;
/** The lead in work, times the larger weight, at which a tenant gives way. */
const LEAD_WORK = 2 * QUANTUM_TOKENS;

export interface YieldPolicyOptions {
  readonly queue: {
    readonly ledger: { runs(): Iterable<[number, ChargedRun]> };
    tenants(): ReadonlySet<string>;
    next(): { readonly lane: Lane; readonly tenant: string } | undefined;
    leadOf(lane: Lane, tenant: string, other: string): number;
  };
  readonly laneWeights: Readonly<Record<Lane, number>>;
  readonly policies: TenantPolicies;
  readonly runningOf: (tenant: string) => number;
  readonly slots: number;
}

/**
 * Chooses the run that gives its slot up because another tenant waits and has had less than its share. It returns through the queue, before the new runs
 * of its tenant. A run keeps its slot for a quantum of tokens, and one run is on its way out at a time, so that slots do not change hands for nothing.
 */
export class YieldPolicy {
  readonly #options: YieldPolicyOptions;
  /** The run that was ordered to yield and still holds its slot. */
  #leaving: number | undefined;

  constructor(options: YieldPolicyOptions) {
    this.#options = options;
  }

  /** Returns the run that has to yield now, which counts as leaving from then on; undefined if there is none. Call it while no slot is free. */
  choose(): number | undefined {
    if (this.#leaving !== undefined) return undefined;
    const next = this.#options.queue.next();
    if (next === undefined) return undefined;
    let chosen: { readonly runId: number; readonly run: ChargedRun } | undefined;
    for (const [runId, run] of this.#options.queue.ledger.runs()) {
      if (run.tenant === next.tenant || run.work.ending || run.work.parked || !this.#givesWay(run, next)) continue;
      if (chosen === undefined || this.#yieldsBefore({ runId, run }, chosen)) chosen = { runId, run };
    }
    this.#leaving = chosen?.runId;
    return this.#leaving;
  }

  /**
   * Foretells which runs give their slots up, and after how many further tokens, while the waiting tenants and `newcomer` want slots: those of each tenant
   * that holds more slots than its weight gives it.
   */
  expected(newcomer?: string): ReadonlyMap<number, number> {
    const { queue, policies, runningOf, slots } = this.#options;
    const wanting = new Set([...queue.tenants(), ...(newcomer === undefined ? [] : [newcomer])]);
    // A tenant with as many slots as it may have wants none of another one.
    for (const tenant of wanting)
      if (runningOf(tenant) >= (policies.of(tenant).runningCalls ?? Infinity)) wanting.delete(tenant);
    const held = new Map<string, { runId: number; run: ChargedRun }[]>();
    for (const [runId, run] of queue.ledger.runs()) {
      const runs = held.get(run.tenant);
      if (runs === undefined) held.set(run.tenant, [{ runId, run }]);
      else runs.push({ runId, run });
    }
    const yields = new Map<number, number>();
    let weights = 0;
    for (const tenant of new Set([...wanting, ...held.keys()])) weights += policies.of(tenant).weight;
    for (const [tenant, runs] of held) {
      if (wanting.size === (wanting.has(tenant) ? 1 : 0)) continue;
      const excess = Math.ceil(runs.length - (slots * policies.of(tenant).weight) / weights);
      const leaving = runs.sort((a, b) => (this.#yieldsBefore(a, b) ? -1 : 1)).slice(0, Math.max(0, excess));
      for (const [index, { runId, run }] of leaving.entries()) {
        const leadTokens = ((index + 1) * QUANTUM_TOKENS) / runs.length;
        yields.set(runId, Math.max(leadTokens, quantumOf(run.work) - run.work.tokensInSlot));
      }
    }
    return yields;
  }

  isLeaving(runId: number): boolean {
    return this.#leaving === runId;
  }

  /** Notes that the run has given its slot up, for whatever reason. */
  gone(runId: number): void {
    if (this.#leaving === runId) this.#leaving = undefined;
  }

  /** Forgets every order, because the engine is gone. */
  clear(): void {
    this.#leaving = undefined;
  }

  #givesWay(run: ChargedRun, next: { readonly lane: Lane; readonly tenant: string }): boolean {
    const { queue, laneWeights, policies, runningOf } = this.#options;
    const [own, waiting] = [policies.of(run.tenant).weight, policies.of(next.tenant).weight];
    if (run.lane === next.lane) {
      if (run.work.tokensInSlot < quantumOf(run.work)) return false;
      return queue.leadOf(run.lane, run.tenant, next.tenant) * Math.max(own, waiting) >= LEAD_WORK;
    }
    // The counters of two lanes cannot be compared, so that slots and quanta are.
    const quanta = Math.max(1, laneWeights[run.lane] / laneWeights[next.lane]) * Math.max(1, own / waiting);
    if (run.work.tokensInSlot < quanta * quantumOf(run.work)) return false;
    return (runningOf(next.tenant) + 1) / waiting <= runningOf(run.tenant) / own;
  }

  /** Compares two candidates. The tenant with the most work for its weight yields first, by its run with the lowest priority, and of those the youngest. */
  #yieldsBefore(one: { runId: number; run: ChargedRun }, other: { runId: number; run: ChargedRun }): boolean {
    if (one.run.tenant !== other.run.tenant) {
      return this.#options.queue.leadOf(one.run.lane, one.run.tenant, other.run.tenant) > 0;
    }
    if (one.run.priority !== other.run.priority) return one.run.priority < other.run.priority;
    return one.runId > other.runId;
  }
}

function quantumOf({ inputTokens, generatedTokens, reprefilledInSlot }: RunWork): number {
  return Math.max(
    QUANTUM_TOKENS,
    (inputTokens + generatedTokens) / SEQUENCE_TOKENS_A_TOKEN,
    reprefilledInSlot / REPREFILLED_TOKENS_A_TOKEN,
  );
}
