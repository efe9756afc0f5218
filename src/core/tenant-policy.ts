/** A tenant's share of the server and the bounds on its use. An undefined bound leaves the tenant to the server's own bounds. */
export interface TenantPolicy {
  /** The tenant's share of the work, in proportion to the weights of the other tenants that want some. Above 0. */
  readonly weight: number;
  /** The most generations of the tenant that hold a slot at once, at least 1. */
  readonly runningCalls?: number | undefined;
  /** The most generations of the tenant that wait for a slot at once; 0 lets none wait. */
  readonly waitingCalls?: number | undefined;
  /** The input tokens that the tenant may prefill in a minute, at least 1. */
  readonly inputTokensPerMinute?: number | undefined;
  /** The output tokens that the tenant may generate in a minute, at least 1. */
  readonly outputTokensPerMinute?: number | undefined;
  /** The most sessions that the tenant keeps in the store. */
  readonly sessions?: number | undefined;
  /** The most bytes that the tenant's sessions take in the store. */
  readonly sessionBytes?: number | undefined;
}

/** The policies of all tenants. They may change at any time, and each decision asks anew. */
export interface TenantPolicies {
  /** Returns the policy in force, also for a tenant that nobody has named. It is called for every call and step, so it is a look-up. */
  of(tenant: string): TenantPolicy;
}

/** The policies of a server that knows no tenants: each has the same weight, and no bound of its own. */
export const EQUAL_TENANTS: TenantPolicies = { of: () => EQUAL };

const EQUAL: TenantPolicy = Object.freeze({ weight: 1 });
