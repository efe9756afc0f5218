import type { ServedTimes, Work } from "./driver.js";

/** A server to be driven. */
export type Target =
  { readonly kind: "rill"; readonly address: string } | { readonly kind: "llama"; readonly baseUrl: string };

export interface PlannedCall extends Work {
  /** Opened so long after the plan's start. Default at once. */
  readonly afterMs?: number;
  /** Opened when each call without this has received so many tokens. */
  readonly afterTokens?: number;
}

/** What the client's process does at one time, against one server. */
export interface Plan {
  readonly target: Target;
  readonly calls: readonly PlannedCall[];
  /** So many callers take the calls in turn, one after another. Default: every call has a caller of its own. */
  readonly callers?: number;
}

/** What the client saw of one call. Times in ms since the plan's start. */
export interface Observation {
  readonly openedAtMs: number;
  /** At least one. */
  readonly arrivals: readonly Arrival[];
  readonly endedAtMs: number;
  readonly inputTokens: number;
  readonly served?: ServedTimes;
}

export interface Arrival {
  readonly atMs: number;
  readonly tokens: number;
}

/** To the client's process. */
export interface PlanMessage {
  readonly id: number;
  readonly plan: Plan;
}

/** From it. */
export type ResultMessage =
  | { readonly id: number; readonly observations: readonly Observation[] }
  | { readonly id: number; readonly failure: string };
