import type { EndedGeneration } from "../core/usage-recorder.js";
import { printableText } from "../telemetry/log-text.js";

/** The name that stands for all tenants without a series of their own. A tenant of this name is one of them. */
export const OTHER_TENANTS = "other";
/** Longer names have no series of their own. */
const MAX_NAME_CHARS = 128;

/** The usage of one tenant since the server started. */
export interface TenantUsage {
  /** The tenant's name in printable characters, or OTHER_TENANTS. */
  readonly tenant: string;
  readonly generations: number;
  readonly inputTokens: number;
  readonly reusedInputTokens: number;
  readonly outputTokens: number;
}

interface Sums {
  generations: number;
  inputTokens: number;
  reusedInputTokens: number;
  outputTokens: number;
}

/**
 * Sums the usage of ended generations by tenant, for the metrics. The first tenants have a series each, and all further ones share one, so that tokens
 * with made-up tenants cannot fill the memory or the page. A tenant never changes from one series to another.
 */
export class TenantUsages {
  readonly #maxNamed: number;
  readonly #sums = new Map<string, Sums>();
  #named = 0;

  /** @param maxNamed the number of tenants with a series of their own */
  constructor(maxNamed: number) {
    this.#maxNamed = maxNamed;
  }

  ended({ tenant, usage }: Pick<EndedGeneration, "tenant" | "usage">): void {
    const sums = this.#sumsOf(tenant);
    sums.generations += 1;
    sums.inputTokens += usage.inputTokens;
    sums.reusedInputTokens += usage.reusedInputTokens;
    sums.outputTokens += usage.outputTokens;
  }

  report(): readonly TenantUsage[] {
    return Array.from(this.#sums, ([tenant, sums]) => ({ tenant, ...sums }));
  }

  #sumsOf(tenant: string): Sums {
    const name = tenant.length > MAX_NAME_CHARS ? OTHER_TENANTS : printableText(tenant);
    const known = this.#sums.get(name);
    if (known !== undefined) return known;
    if (name !== OTHER_TENANTS && this.#named >= this.#maxNamed) return this.#sumsOf(OTHER_TENANTS);
    if (name !== OTHER_TENANTS) this.#named += 1;
    const sums: Sums = { generations: 0, inputTokens: 0, reusedInputTokens: 0, outputTokens: 0 };
    this.#sums.set(name, sums);
    return sums;
  }
}
