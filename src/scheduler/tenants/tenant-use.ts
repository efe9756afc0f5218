import { type GenerationError, quotaExceeded } from "../../core/generation-error.js";
import type { TenantPolicies } from "../../core/tenant-policy.js";
import type { Clock } from "../../sync/clock.js";
import { TokenBucket } from "./token-bucket.js";

/** With more tenants than this, those that hold nothing and have their whole quotas are forgotten. */
const MOST_IDLE_TENANTS = 4_096;

interface Use {
  running: number;
  readonly input: TokenBucket;
  readonly output: TokenBucket;
}

/** Counts what the tenants use of this server, and holds it to their policies: runs with a slot, and tokens a minute in and out. Lives on the main thread. */
export class TenantUse {
  readonly #policies: TenantPolicies;
  readonly #clock: Clock;
  readonly #uses = new Map<string, Use>();
  /** The tenants with a run that has a slot, which are looked up for each queued call. */
  readonly #running = new Set<string>();
  /** The number of tenants at which the idle ones are forgotten next. It is twice what was left, so that the search costs little for each tenant. */
  #forgetAt = MOST_IDLE_TENANTS;

  constructor(policies: TenantPolicies, clock: Clock) {
    this.#policies = policies;
    this.#clock = clock;
  }

  /** The number of tenants that are remembered. */
  get tenants(): number {
    return this.#uses.size;
  }

  /** The tenants that have a run with a slot. */
  running(): IterableIterator<string> {
    return this.#running.values();
  }

  runningOf(tenant: string): number {
    return this.#uses.get(tenant)?.running ?? 0;
  }

  /** Returns whether the tenant may have one more run that holds a slot. */
  mayRun(tenant: string): boolean {
    const { runningCalls = Infinity } = this.#policies.of(tenant);
    return this.runningOf(tenant) < runningCalls;
  }

  started(tenant: string): void {
    this.#useOf(tenant).running += 1;
    this.#running.add(tenant);
  }

  stopped(tenant: string): void {
    const use = this.#useOf(tenant);
    use.running -= 1;
    if (use.running === 0) this.#running.delete(tenant);
  }

  /** Notes that no run holds a slot any more, because the engine is gone. */
  stopAll(): void {
    for (const use of this.#uses.values()) use.running = 0;
    this.#running.clear();
  }

  /**
   * Checks the quotas of tokens for a call. Output is charged as it is generated, so a call is let in while any of the quota is left.
   * @param inputTokens the call's input, or 0 while it is unknown.
   * @throws GenerationError QUOTA_EXCEEDED with the time at which the call fits, for the quota that has room last.
   */
  checkTokens(tenant: string, inputTokens: number): void {
    const { inputTokensPerMinute, outputTokensPerMinute } = this.#policies.of(tenant);
    const errors = [
      outputTokensPerMinute === undefined ? undefined : this.#outputError(tenant, outputTokensPerMinute),
      inputTokensPerMinute === undefined ? undefined : this.#inputError(tenant, inputTokensPerMinute, inputTokens),
    ];
    const [last] = errors.filter((error) => error !== undefined).toSorted((a, b) => waitOf(b) - waitOf(a));
    if (last !== undefined) throw last;
  }

  /** Charges the input of an accepted call, and returns the tokens that were charged. @param tokens below 0 gives back what was never prefilled. */
  takeInput(tenant: string, tokens: number): number {
    const { inputTokensPerMinute: size } = this.#policies.of(tenant);
    if (size === undefined) return 0;
    this.#useOf(tenant).input.take(tokens, size, this.#clock.nowMs());
    return tokens;
  }

  /** Charges generated tokens, which may be more than are left. */
  takeOutput(tenant: string, tokens: number): void {
    const { outputTokensPerMinute: size } = this.#policies.of(tenant);
    if (size !== undefined && tokens > 0) this.#useOf(tenant).output.take(tokens, size, this.#clock.nowMs());
  }

  #inputError(tenant: string, limit: number, inputTokens: number): GenerationError | undefined {
    const nowMs = this.#clock.nowMs();
    const { input } = this.#useOf(tenant);
    const left = Math.max(0, Math.floor(input.left(limit, nowMs)));
    if (inputTokens <= left) return undefined;
    const quota = "input_tokens_per_minute";
    const used = limit - left;
    if (inputTokens > limit) {
      const message = `the input has ${inputTokens} tokens, and the tenant's ${quota} is ${limit}, so that it never fits`;
      return quotaExceeded({ tenant, quota, limit, used, message, retryAfterMs: undefined });
    }
    const retryAfterMs = input.msUntil(inputTokens, limit, nowMs);
    const message = `the input has ${inputTokens} tokens, and ${left} of the tenant's ${quota} of ${limit} are left; it fits in ${retryAfterMs} ms`;
    return quotaExceeded({ tenant, quota, limit, used, message, retryAfterMs });
  }

  #outputError(tenant: string, limit: number): GenerationError | undefined {
    const nowMs = this.#clock.nowMs();
    const { output } = this.#useOf(tenant);
    const left = output.left(limit, nowMs);
    if (left >= 1) return undefined;
    const quota = "output_tokens_per_minute";
    const used = limit - Math.floor(left);
    const retryAfterMs = output.msUntil(1, limit, nowMs);
    const message = `the tenant has used ${used} of its ${quota} of ${limit}; a call may begin in ${retryAfterMs} ms`;
    return quotaExceeded({ tenant, quota, limit, used, message, retryAfterMs });
  }

  #useOf(tenant: string): Use {
    const known = this.#uses.get(tenant);
    if (known !== undefined) return known;
    if (this.#uses.size >= this.#forgetAt) this.#forgetIdle();
    const use = { running: 0, input: new TokenBucket(), output: new TokenBucket() };
    this.#uses.set(tenant, use);
    return use;
  }

  #forgetIdle(): void {
    const nowMs = this.#clock.nowMs();
    for (const [tenant, { running, input, output }] of this.#uses) {
      if (running > 0) continue;
      const { inputTokensPerMinute, outputTokensPerMinute } = this.#policies.of(tenant);
      const isFull = input.isFull(inputTokensPerMinute, nowMs) && output.isFull(outputTokensPerMinute, nowMs);
      if (isFull) this.#uses.delete(tenant);
    }
    this.#forgetAt = Math.max(MOST_IDLE_TENANTS, 2 * this.#uses.size);
  }
}

/** Returns the time until a refused call fits, which is without end for an input that never does. */
function waitOf({ retryAfterMs = Infinity }: GenerationError): number {
  return retryAfterMs;
}
