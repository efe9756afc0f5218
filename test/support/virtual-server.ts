import { setImmediate as nextTurn } from "node:timers/promises";
import type { EngineCommand, EngineNotice } from "../../src/core/engine-messages.js";
import { DEFAULT_LIMITS, type Limits } from "../../src/core/limits.js";
import { EQUAL_TENANTS, type TenantPolicies } from "../../src/core/tenant-policy.js";
import { StepLoop } from "../../src/engine/loop/step-loop.js";
import { LifecycleState } from "../../src/scheduler/lifecycle-state.js";
import { Scheduler } from "../../src/scheduler/scheduler.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { ManualClock } from "./manual-clock.js";
import { PacedEngine, type PaceOptions } from "./paced-engine.js";

/** As the launcher sets it. */
const PREFILL = { budgetMs: 150, maxTokens: 512 };
/** Enough turns of the event loop for all that follows from one event to be done. */
const TURNS = 3;

export interface VirtualServerOptions {
  readonly engine: Omit<PaceOptions, "clock">;
  readonly limits: Partial<Limits>;
  /** Default: all tenants are equal. */
  readonly policies?: TenantPolicies;
}

/** The scheduler and the step loop in one thread and on one clock, which jumps from event to event: hours pass in seconds, always the same way. */
export class VirtualServer implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly scheduler: Scheduler;
  readonly #loop: StepLoop;
  readonly #finished: Promise<void>;
  readonly #listeners = new Set<(notice: EngineNotice) => void>();

  constructor({ engine: pace, limits, policies = EQUAL_TENANTS }: VirtualServerOptions) {
    const { clock } = this;
    const engine = new PacedEngine({ ...pace, clock });
    this.#loop = new StepLoop({ engine, prefill: PREFILL, clock, post: (notice) => this.#tell(notice) });
    this.#finished = this.#loop.run();
    const lifecycle = new LifecycleState();
    this.scheduler = new Scheduler({
      engine: {
        facts: engine.facts,
        lost: new Promise<never>(() => {}),
        onNotice: (listener) => {
          this.#listeners.add(listener);
          return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
        },
        // As through a port: never in the middle of what the loop does.
        send: (command) => queueMicrotask(() => this.#obey(command)),
      },
      lifecycle,
      limits: { ...DEFAULT_LIMITS, ...limits },
      laneWeights: { interactive: 3, batch: 1 },
      policies,
      clock,
      log: silentLogger,
    });
    lifecycle.advance("serving");
  }

  /** Lets time pass until the condition holds. @throws Error when nothing is left that could happen */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      for (let turn = 0; turn < TURNS; turn++) await nextTurn();
      if (condition()) return;
      const { nextDueMs } = this.clock;
      if (nextDueMs === undefined) throw new Error("nothing happens any more");
      this.clock.advance(nextDueMs - this.clock.nowMs());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.scheduler[Symbol.dispose]();
    this.#loop.close();
    let isFinished = false;
    void this.#finished.then(() => (isFinished = true));
    await this.until(() => isFinished);
  }

  #tell(notice: EngineNotice): void {
    for (const listener of [...this.#listeners]) listener(notice);
  }

  #obey(command: EngineCommand): void {
    switch (command.type) {
      case "start":
        this.#loop.start(command.run, command.credit);
        return;
      case "credit":
        this.#loop.grant(command.runId, command.credit);
        return;
      case "cancel":
        this.#loop.cancel(command.runId, command.mode);
        return;
      case "preempt":
        this.#loop.preempt(command.runId);
        return;
      case "resume":
        this.#loop.resume(command.runId);
        return;
      case "slots_handed_over":
        return;
      case "ping":
      case "close":
        throw new Error(`a virtual server has no use for ${command.type}`);
    }
  }
}
