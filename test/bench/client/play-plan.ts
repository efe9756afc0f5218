import { setTimeout as sleep } from "node:timers/promises";
import { Deferred } from "../../../src/sync/deferred.js";
import type { Driver } from "./driver.js";
import type { Arrival, Observation, Plan, PlannedCall } from "./plan.js";

/**
 * Makes the calls of a plan and notes when what arrived.
 * @throws Error where a call fails or brings other than the tokens asked for: then the two sides did not do equal work.
 */
export async function playPlan(driver: Driver, { calls, callers }: Omit<Plan, "target">): Promise<Observation[]> {
  const startedAtMs = performance.now();
  const gate = new TokenGate(calls);
  const play = async (call: PlannedCall, index: number): Promise<Observation> => {
    if (call.afterMs !== undefined) await sleep(call.afterMs - (performance.now() - startedAtMs));
    if (call.afterTokens !== undefined) await gate.reached(call.afterTokens);
    const openedAtMs = performance.now() - startedAtMs;
    const arrivals: Arrival[] = [];
    const ending = await driver.generate(call, (tokens) => {
      arrivals.push({ atMs: performance.now() - startedAtMs, tokens });
      gate.note(index, tokens);
    });
    const received = arrivals.reduce((sum, { tokens }) => sum + tokens, 0);
    if (call.schema === undefined ? received !== call.outputTokens : received >= call.outputTokens) {
      throw new Error(`asked for ${call.outputTokens} tokens, received ${received}`);
    }
    return { openedAtMs, arrivals, endedAtMs: performance.now() - startedAtMs, ...ending };
  };
  const observations: Observation[] = [];
  const left = calls.entries();
  const caller = async (): Promise<void> => {
    for (const [index, call] of left) observations[index] = await play(call, index);
  };
  await Promise.all(Array.from({ length: callers ?? calls.length }, caller));
  return observations;
}

/** Lets calls go on when every call that did not wait for that has received so many tokens. */
class TokenGate {
  readonly #received = new Map<number, number>();
  #waits: { readonly tokens: number; readonly opened: Deferred<void> }[] = [];

  constructor(calls: readonly PlannedCall[]) {
    for (const [index, { afterTokens }] of calls.entries()) {
      if (afterTokens === undefined) this.#received.set(index, 0);
    }
  }

  note(index: number, tokens: number): void {
    const before = this.#received.get(index);
    if (before === undefined) return;
    this.#received.set(index, before + tokens);
    this.#look();
  }

  async reached(tokens: number): Promise<void> {
    const opened = new Deferred<void>();
    this.#waits.push({ tokens, opened });
    this.#look();
    await opened.promise;
  }

  #look(): void {
    if (this.#waits.length === 0) return;
    const least = Math.min(...this.#received.values());
    for (const { tokens, opened } of this.#waits) if (least >= tokens) opened.resolve();
    this.#waits = this.#waits.filter(({ tokens }) => least < tokens);
  }
}
